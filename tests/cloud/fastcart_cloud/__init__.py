"""The local cloud: moto, corrected where it is more lenient than AWS. See README.md beside this package."""
