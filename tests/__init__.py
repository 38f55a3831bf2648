"""The specification, in the shape of the package: a folder a feature, a file a behaviour."""
