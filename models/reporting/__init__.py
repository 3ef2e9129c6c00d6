"""What people read: words, pictures and the page."""
