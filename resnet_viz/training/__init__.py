"""How the bundled weights came to be: shapes that are rendered, and the training on them."""
