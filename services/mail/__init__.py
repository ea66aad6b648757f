"""Following by mail: whoever asks for it, and confirms it, is told in words what was recorded."""
