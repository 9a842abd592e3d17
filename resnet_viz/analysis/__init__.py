"""What happens inside: a network and an image in, plain records out."""
