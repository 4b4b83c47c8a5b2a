"""The stack's key, and the bucket with the model archive and the node bundle, pinned by their digests."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.components.access_logs import AccessLogArgs, access_log_bucket
from infra.components.account import Account
from infra.components.buckets import PrivateBucketArgs, private_bucket
from infra.digests import digest
from infra.naming import CANARY, TRAINING_FOLDER, Names, archive_key, bundle_key, canary_key, child
from infra.settings import ModelSettings

PROJECT_ROOT = Path(__file__).resolve().parents[2]
# Long enough to resume after a holiday.
TRAINING_DAYS = 30
KEY_SERVICES = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com", "s3.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class ArtifactsArgs:
    """What is stored, for how long access to it is logged (None: not at all), and whether a teardown may delete it.

    With `training` jobs of fine-tuning are stored, too, for some days.
    """

    names: Names
    account: Account
    settings: ModelSettings
    canary_archive: str
    access_log_days: int | None
    deletion_protection: bool
    training: bool


@dataclass(frozen=True, kw_only=True)
class PinnedObject:
    """An object of the bucket and the SHA-256 its content must have; empty when none was given."""

    key: pulumi.Input[str]
    sha256: str


class Artifacts(pulumi.ComponentResource):
    """Customer-managed key and private bucket; `bundle`, `archive` and `canary` are what the nodes fetch."""

    key_arn: pulumi.Output[str]
    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    log_bucket: pulumi.Output[str] | None

    def __init__(self, name: str, args: ArtifactsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Artifacts", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        model = args.settings
        # Before anything is registered: a file that is not what it should be must leave nothing behind.
        archive, bundle = _digest("modelArchive", model.model_archive), _digest("nodeBundle", model.node_bundle)
        key = self._key()
        self.key_arn = key.arn
        self.log_bucket = self._logs()
        bucket_args = PrivateBucketArgs(
            names=args.names,
            part="artifacts",
            key_arn=key.arn,
            expire_days=None,
            force_destroy=not args.deletion_protection,
            log_bucket=self.log_bucket,
            short_lived={TRAINING_FOLDER: TRAINING_DAYS} if args.training else {},
        )
        self._store = private_bucket(bucket_args, self._own)
        self.bucket_name, self.bucket_arn = self._store.bucket.bucket, self._store.bucket.arn
        self._archive = self._pinned("archive", archive_key(model.model, archive), archive, model.model_archive)
        self._bundle = self._pinned("bundle", bundle_key(bundle), bundle, model.node_bundle)
        self._canary = self._pinned_canary()
        self.register_outputs(
            {"keyArn": self.key_arn, "bucketName": self.bucket_name, "bucketArn": self.bucket_arn},
        )

    @property
    def archive(self) -> PinnedObject:
        """The model archive."""
        return self._archive

    @property
    def bundle(self) -> PinnedObject:
        """The bundle that turns a fresh instance into a node."""
        return self._bundle

    @property
    def canary(self) -> PinnedObject | None:
        """The archive of the model's second version, where there is one."""
        return self._canary

    def _key(self) -> aws.kms.Key:
        names = self._args.names
        key = aws.kms.Key(
            "key",
            description=f"Buckets, queues, logs and topics of {names.physical()}",
            enable_key_rotation=True,
            deletion_window_in_days=30 if self._args.deletion_protection else 7,
            policy=_key_policy(self._args.account),
            tags=names.tags("key"),
            opts=self._own,
        )
        aws.kms.Alias(child("key", "alias"), name=f"alias/{names.physical()}", target_key_id=key.key_id, opts=self._own)
        return key

    def _logs(self) -> pulumi.Output[str] | None:
        args = self._args
        if args.access_log_days is None:
            return None
        logs = AccessLogArgs(
            names=args.names,
            account=args.account,
            keep_days=args.access_log_days,
            force_destroy=not args.deletion_protection,
        )
        return access_log_bucket(logs, self._own)

    def _pinned_canary(self) -> PinnedObject | None:
        path = self._args.canary_archive
        if not path:
            return None
        sha256 = _digest("canaryArchive", path)
        return self._pinned(child(CANARY, "archive"), canary_key(self._args.settings.model, sha256), sha256, path)

    def _pinned(self, part: str, key: str, sha256: str, path: str) -> PinnedObject:
        """The key is the uploaded object's own, so that no instance starts before there is something to fetch."""
        if not path:
            return PinnedObject(key=key, sha256=sha256)
        stored = aws.s3.BucketObjectv2(
            part,
            bucket=self._store.bucket.bucket,
            key=key,
            source=pulumi.FileAsset(str(PROJECT_ROOT / path)),
            source_hash=sha256,
            tags=self._args.names.tags(part),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self._store.versioning],
                # An instance refresh that rolls back by itself starts instances of the template before, which fetch
                # what that one names. The bucket takes everything along when it goes.
                retain_on_delete=True,
            ),
        )
        return PinnedObject(key=stored.key, sha256=sha256)


def _digest(setting: str, path: str) -> str:
    return digest(setting, PROJECT_ROOT / path, path) if path else ""


def _key_policy(account: Account) -> pulumi.Output[str]:
    """The account's administrators manage the key; the services use it for this account's resources only."""
    new_keys = ["kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]
    use = ["kms:Decrypt", "kms:Encrypt", *new_keys, "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"]
    arn = f"arn:{account.partition}"
    return policies.document(
        policies.grant({"AWS": f"{arn}:iam::{account.id}:root"}, ["kms:*"], "*"),
        policies.grant(
            {"Service": list(KEY_SERVICES)},
            ["kms:Decrypt", *new_keys],
            "*",
            Condition={"StringEquals": {"aws:SourceAccount": account.id}},
        ),
        policies.grant(
            {"Service": f"logs.{account.region}.amazonaws.com"},
            use,
            "*",
            Condition={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"{arn}:logs:{account.region}:{account.id}:*"}
            },
        ),
    )
