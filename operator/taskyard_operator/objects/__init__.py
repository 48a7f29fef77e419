"""Object storage, by obstore: S3 and what speaks its protocol, Google Cloud Storage, Azure."""
