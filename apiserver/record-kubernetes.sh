#!/usr/bin/env bash
# Makes src/main/resources/kubernetes again from a running API server that nobody has changed yet:
#   record-kubernetes.sh KUBECONFIG [FOLDER]
# Needs kubectl, jq and, for the pointer fields (facts that no endpoint tells), the Go sources of k8s.io/api and
# k8s.io/apimachinery of the same release in the Go module cache (left as they are where absent).
# To record the alpha scheduling group too, start that server with --runtime-config=scheduling.k8s.io/v1alpha2=true.
set -euo pipefail
export KUBECONFIG=${1:?usage: record-kubernetes.sh KUBECONFIG [FOLDER]}
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here/src/main/resources/kubernetes}
kubectl=${KUBECTL:-kubectl}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/v3"
get() { "$kubectl" get --raw "$1"; }
pack() { jq -cS . | gzip -9n >"$out/$1.json.gz"; }
server=$(jq -r '.clusters[0].cluster.server' < <("$kubectl" config view --raw --minify -o json))
token=$("$kubectl" config view --raw --minify -o jsonpath='{.users[0].user.token}')
ask() { # path accept: kubectl get --raw cannot choose the form of the answer
  curl -sSfk -H "Authorization: Bearer $token" -H "Accept: $2" "$server$1"
}

echo "discovery" >&2
aggregated='application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
jq -n --argjson api "$(ask /api "$aggregated")" --argjson apis "$(ask /apis "$aggregated")" \
  --argjson version "$(get /version)" '{"/api": $api, "/apis": $apis, version: $version}' | pack discovery

echo "schemas and paths" >&2
get /openapi/v3 | jq -r '.paths | to_entries[] | "\(.key) \(.value.serverRelativeURL)"' | while read -r path url; do
  get "$url" | jq --arg path "$path" 'def lean: walk(if type == "object" then
      (if (.description | type) == "string" then del(.description) else . end) else . end);
    {($path): {info, paths: (.paths | lean), schemas: (.components.schemas // {} | lean)}}' >"$work/v3/${path//\//_}.json"
done
# The same type has the same schema in every document, but for the kinds that an options object serves.
jq -s 'add | [.[].schemas | to_entries[]] | group_by(.key) | map({key: .[0].key, value: (.[0].value
    + ([.[].value["x-kubernetes-group-version-kind"] // [] | .[]] | unique | if length > 0 then {"x-kubernetes-group-version-kind": .} else {} end))})
  | from_entries' "$work"/v3/*.json | pack schemas
jq -s 'add | map_values({info, paths, schemas: (.schemas | keys)})' "$work"/v3/*.json | pack openapi-v3

echo "table columns" >&2
jq -r '.["/api"].items + .["/apis"].items | .[] | (.metadata.name // "") as $group | .versions[] | .version as $version | .resources[]
    | select(.verbs | index("list")) | (if $group == "" then "/api/" else "/apis/" + $group + "/" end) + $version + "/" + .resource' \
  < <(zcat "$out/discovery.json.gz") | sort | while read -r list; do
  ask "$list?limit=1" 'application/json;as=Table;v=v1;g=meta.k8s.io' | jq --arg list "$list" '{($list): .columnDefinitions | map(del(.description))}'
done | jq -s add | pack table-columns

echo "bootstrap objects" >&2
for kind in namespaces clusterroles clusterrolebindings roles rolebindings priorityclasses flowschemas prioritylevelconfigurations servicecidrs; do
  "$kubectl" get "$kind" -A -o json | jq --arg kind "$kind" '{($kind): .items | map(
    del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.generation, .metadata.managedFields)
    | walk(if type == "object" then del(.lastTransitionTime) else . end)) | sort_by(.metadata.namespace, .metadata.name)}'
done | jq -s add | pack bootstrap-objects

echo "pointer fields" >&2
version=$(zcat "$out/discovery.json.gz" | jq -r '.version.gitVersion | ltrimstr("v1.") | "v0." + .')
modules=$(go env GOMODCACHE 2>/dev/null || true)/k8s.io
if [ -d "$modules/api@$version" ]; then
  python3 "$here/record-pointer-fields.py" "$modules/api@$version" "$modules/apimachinery@$version" \
    "$modules/apiextensions-apiserver@$version/pkg/apis" "$out/schemas.json.gz" | pack pointer-fields
else
  echo "  left as they are: no Go sources at $modules/api@$version" >&2
fi
ls -l "$out" >&2
