# Sourced: starts the local cloud for the rest of the script, points the AWS tools at it, and puts into it
# what the stack expects to find: secrets, the function that rotates them, a repository. `$work` is a
# folder for what the script makes.
work="$(mktemp -d)"
mkfifo "$work/stdin"
tests/cloud/start --port 0 --port-file "$work/port" --lifetimes demo --exit-with-stdin \
    <"$work/stdin" >"$work/cloud.log" 2>&1 &
cloud=$!
exec 9>"$work/stdin"
trap 'exec 9>&-; wait "$cloud" 2>/dev/null || true; rm -rf "$work"' EXIT
until [ -s "$work/port" ]; do
    kill -0 "$cloud" 2>/dev/null || { cat "$work/cloud.log" >&2; exit 1; }
    sleep 0.2
done
export AWS_ENDPOINT_URL="http://127.0.0.1:$(cat "$work/port")"
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_EC2_METADATA_DISABLED=true
export TF_VAR_environment_suffix="${TF_VAR_environment_suffix:-demo}"
python3 - "$AWS_ENDPOINT_URL" stacks/demo.seed.json "$TF_VAR_environment_suffix" <<'PY'
import json, sys, urllib.request
seed = open(sys.argv[2]).read().replace("SUFFIX", sys.argv[3]).encode()
made = json.load(urllib.request.urlopen(sys.argv[1] + "/_cloud/seed", seed))
print("Seeded:", *(name for kind in ("secrets", "functions") for name in made[kind].values()))
PY
