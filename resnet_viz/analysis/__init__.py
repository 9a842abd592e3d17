"""What happens inside: a network and a picture in, plain records out."""
