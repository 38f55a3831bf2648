"""What Alembic needs from the application, and the application from Alembic."""
