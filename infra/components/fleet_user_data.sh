#!/bin/bash
# Fetches the pinned node bundle and model archive, proves both by SHA-256, and hands over to the node's service.
set -Eeuo pipefail  # E: the trap below must also hold inside functions
umask 027

instance_id="$(cat /var/lib/cloud/data/instance-id)"

# A node that cannot start leaves the group at once instead of waiting for the hook to run out.
give_up() {
  aws autoscaling complete-lifecycle-action --region "@{region}" --auto-scaling-group-name "@{group}" \
    --lifecycle-hook-name "@{launch_hook}" --instance-id "$instance_id" --lifecycle-action-result ABANDON || true
}
trap give_up ERR

fetch() { # key, SHA-256, target
  aws s3api get-object --region "@{region}" --bucket "@{bucket}" --key "$1" "$3" > /dev/null
  echo "$2  $3" | sha256sum --check --strict --quiet -
}

id breakeven > /dev/null 2>&1 || useradd --system --home-dir /opt/breakeven --shell /usr/sbin/nologin breakeven
install -d -m 0750 -o root -g breakeven /opt/breakeven /opt/breakeven/models
install -d -m 0755 /etc/breakeven

cat > /etc/breakeven/node.env <<'SETTINGS'
BREAKEVEN_REGION=@{region}
BREAKEVEN_GROUP=@{group}
BREAKEVEN_MODEL=@{model}
BREAKEVEN_ARCHIVE_SHA256=@{archive_sha256}
BREAKEVEN_PORT=@{port}
BREAKEVEN_LAUNCH_HOOK=@{launch_hook}
BREAKEVEN_TERMINATE_HOOK=@{terminate_hook}
BREAKEVEN_DRAIN_SECONDS=@{drain_seconds}
BREAKEVEN_LOG_GROUP=@{log_group}
BREAKEVEN_METRIC_NAMESPACE=@{metric_namespace}
BREAKEVEN_REGISTRY_SERVICE=@{registry_service}
BREAKEVEN_QUEUE_URL=@{queue_url}
BREAKEVEN_DEAD_LETTER_URL=@{dead_letter_url}
BREAKEVEN_DOCUMENT_BUCKET=@{document_bucket}
SETTINGS

fetch "@{bundle_key}" "@{bundle_sha256}" /opt/breakeven/bundle.tar.gz
fetch "@{archive_key}" "@{archive_sha256}" "/opt/breakeven/models/@{model}.mar"
tar --extract --gzip --no-same-owner --directory /opt/breakeven --file /opt/breakeven/bundle.tar.gz
# Root's: ExecStartPre runs as root, so the service's user must not be able to write what it runs.
chown -R root:breakeven /opt/breakeven

cat > /etc/systemd/system/breakeven-node.service <<'UNIT'
[Unit]
Description=breakeven node
After=network-online.target
Wants=network-online.target

[Service]
User=breakeven
StateDirectory=breakeven
EnvironmentFile=/etc/breakeven/node.env
ExecStartPre=+/opt/breakeven/install
ExecStart=/opt/breakeven/start
Restart=always
RestartSec=5
TimeoutStartSec=900
# The node drains on SIGTERM, so its server must not get that signal too, nor either of them be killed meanwhile.
KillMode=mixed
TimeoutStopSec=@{drain_seconds}s 60s
NoNewPrivileges=true

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --now --no-block breakeven-node.service
