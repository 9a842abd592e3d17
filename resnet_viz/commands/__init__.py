"""What commands of `resnet-explorer` share, and those that have a file of their own."""
