"""ECR: keys that have to exist."""

from __future__ import annotations

from conftest import Cloud, refused


def test_key(cloud: Cloud) -> None:
    ecr, key = cloud.client("ecr"), cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = ecr.create_repository(repositoryName="shop/a", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key})
    assert made["repository"]["encryptionConfiguration"]["kmsKey"] == key
    with refused("KmsException"):
        ecr.create_repository(repositoryName="shop/b", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key[:-4] + "0000"})
