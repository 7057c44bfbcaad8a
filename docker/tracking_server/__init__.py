"""The entry point of the MLflow tracking server's image: it prepares the database, then becomes the server."""
