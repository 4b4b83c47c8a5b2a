#!/bin/bash
# One training job on one instance: fetched by its digest, run, kept safe every minute; then the instance ends itself.
set -Eeuo pipefail  # E: what is trapped must also hold inside functions
umask 027

# Before anything else: whatever happens below, the instance ends by then. Shut down, it is terminated.
shutdown -h "+@{max_minutes}"
ended=setup exit_code=null reason="" result_sha256="" training=""
trap finish EXIT
trap 'exit 143' TERM INT

home=/opt/breakeven job=/opt/breakeven/job log=/opt/breakeven/log.txt
out="s3://@{bucket}/@{folder}@{job}/out"
export AWS_DEFAULT_REGION="@{region}" AWS_MAX_ATTEMPTS=5

# The last word, however it came to it: the log, a few figures, and the end of the instance.
finish() {
  trap - EXIT TERM INT ERR
  set +e
  # Still at work only where the machine itself goes down.
  if [[ -n "$training" ]] && kill -TERM "$training" 2> /dev/null; then
    keep
  else
    tell
  fi
  printf '{"ended": "%s", "exit_code": %s, "seconds": %d, "result_sha256": "%s", "reason": "%s"}\n' \
    "$ended" "$exit_code" "$SECONDS" "$result_sha256" "$reason" > "$home/status.json"
  put "$home/status.json" "@{attempt}/status.json"
  shutdown -h now
}

fail() {
  reason="$1"
  echo "breakeven: $1" >> "$log"
  exit 1
}

fetch() { # key, SHA-256, target
  aws s3 cp --only-show-errors "s3://@{bucket}/$1" "$3" >> "$log" 2>&1 || fail "$1 cannot be read"
  echo "$2  $3" | sha256sum --check --strict --quiet - >> "$log" 2>&1 || fail "$1 is not what was sent"
}

put() { # file, name
  aws s3 cp --only-show-errors "$1" "$out/$2"
}

# New lines of the log to CloudWatch, once a minute; where there is no way there, S3 alone has them.
tell() {
  local told lines
  put "$log" "@{attempt}/log.txt" || true
  [[ ! -e "$home/mute" ]] || return 0
  told="$(cat "$home/told" 2> /dev/null || echo 0)"
  lines="$(wc -l < "$log")"
  (( lines > told )) || return 0
  sed -n "$((told + 1)),${lines}p" "$log" | tail -n 500 | PYTHONUTF8=1 python3 -c '
import json, sys, time
lines = [line.rstrip("\r\n").rsplit("\r", 1)[-1][:1000] or " " for line in open(0, errors="replace")]
print(json.dumps([{"timestamp": int(time.time() * 1000), "message": line} for line in lines]))' > "$home/events.json"
  if timeout 20 aws --cli-connect-timeout 5 logs put-log-events --log-group-name "@{log_group}" \
    --log-stream-name "@{job}/@{attempt}" --log-events "file://$home/events.json" > /dev/null 2>&1; then
    echo "$lines" > "$home/told"
  else
    touch "$home/mute"
  fi
}

checkpoints() {
  find "$job/work" -type f ! -name '*.part' ! -name '*.tmp' -printf '%P %s %T+\n' 2> /dev/null | sort
}

# Log and checkpoints, these only where nothing was written meanwhile: half a checkpoint must not replace a whole one.
keep() {
  local before sha256 tries
  tell
  for tries in 1 2 3; do
    before="$(checkpoints)"
    [[ -n "$before" && "$before" != "$(cat "$home/kept" 2> /dev/null)" ]] || return 0
    if tar --create --file "$home/work.tar" --exclude '*.part' --exclude '*.tmp' --directory "$job/work" . 2> /dev/null &&
      [[ "$(checkpoints)" == "$before" ]]; then
      sha256="$(sha256sum < "$home/work.tar" | cut -d ' ' -f 1)"
      printf '{"key": "work-%s.tar", "sha256": "%s"}\n' "${sha256:0:12}" "$sha256" > "$home/checkpoint.json"
      # The name of the new one last: until then the one before holds.
      put "$home/work.tar" "work-${sha256:0:12}.tar" && put "$home/checkpoint.json" checkpoint.json || return 0
      echo "$before" > "$home/kept"
      return 0
    fi
    sleep "$tries"
  done
}

# Two minutes before AWS takes a spot instance back this page is there.
interrupted() {
  local pass
  pass="$(curl -sf --max-time 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    http://169.254.169.254/latest/api/token)" || return 1
  curl -sf --max-time 2 -H "X-aws-ec2-metadata-token: $pass" \
    http://169.254.169.254/latest/meta-data/spot/instance-action > /dev/null
}

stop() { # why
  ended="$1"
  echo "breakeven: stopped: $1" >> "$log"
  kill -TERM "$training" 2> /dev/null || return 0
  for _ in {1..45}; do
    kill -0 "$training" 2> /dev/null || return 0
    sleep 1
  done
  kill -KILL "$training" 2> /dev/null || true
}

mkdir -p "$home" /var/lib/cloud/scripts/per-boot
: > "$log"
# Run at each later boot: an instance that comes back from a reboot has nobody to end it.
printf '#!/bin/bash\nshutdown -h now\n' > /var/lib/cloud/scripts/per-boot/breakeven-end
chmod 0755 /var/lib/cloud/scripts/per-boot/breakeven-end
timeout 20 aws --cli-connect-timeout 5 logs create-log-stream --log-group-name "@{log_group}" \
  --log-stream-name "@{job}/@{attempt}" > /dev/null 2>&1 || touch "$home/mute"

id breakeven > /dev/null 2>&1 || useradd --system --home-dir /opt/breakeven --shell /usr/sbin/nologin breakeven
fetch "@{bundle_key}" "@{bundle_sha256}" "$home/bundle.tar.gz"
tar --extract --gzip --no-same-owner --directory "$home" --file "$home/bundle.tar.gz" || fail "the bundle cannot be unpacked"
# Root's: the training's user must not be able to write what root runs.
chown -R root:breakeven "$home"
"$home/install" >> "$log" 2>&1 || fail "the bundle cannot be installed"

mkdir -p "$job/work"
fetch "@{folder}@{job}/in/job.tar.gz" "@{job_sha256}" "$home/job.tar.gz"
tar --extract --gzip --no-same-owner --directory "$job" --file "$home/job.tar.gz" || fail "the job cannot be unpacked"
if [[ -n "@{checkpoint_key}" ]]; then
  fetch "@{checkpoint_key}" "@{checkpoint_sha256}" "$home/work.tar"
  tar --extract --no-same-owner --directory "$job/work" --file "$home/work.tar" || fail "the checkpoints cannot be unpacked"
fi
rm -f "$home"/*.tar "$home"/*.tar.gz
chown -R breakeven:breakeven "$job"
chmod 0750 "$home"

ended=done
cd "$home/node"
setpriv --reuid breakeven --regid breakeven --init-groups --no-new-privs \
  env -i PATH="$PATH" HOME="$job" LANG=C.UTF-8 HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1 \
  "$home/site/bin/python" -m serving.finetune "$job" >> "$log" 2>&1 &
training=$! keeper="" ticks=0
while kill -0 "$training" 2> /dev/null; do
  sleep 5
  if interrupted; then
    stop interrupted
  elif (( SECONDS >= @{max_minutes} * 60 - 300 )); then
    stop time
  elif (( ++ticks % 12 == 0 )) && ! kill -0 "${keeper:-x}" 2> /dev/null; then
    # Beside the loop: a large upload must not hide that the instance is being taken back.
    keep &
    keeper=$!
  fi
done
wait "$training" && exit_code=0 || exit_code=$?
[[ -z "$keeper" ]] || { kill "$keeper" 2> /dev/null; wait "$keeper" 2> /dev/null; } || true

if [[ "$exit_code" == 0 || "$exit_code" == 13 ]]; then
  ended=done
  tar --create --gzip --file "$home/result.tar.gz" --directory "$job/result" . || fail "there is no result"
  result_sha256="$(sha256sum < "$home/result.tar.gz" | cut -d ' ' -f 1)"
  put "$home/result.tar.gz" "result-${result_sha256:0:12}.tar.gz" || fail "the result cannot be stored"
else
  keep
fi
