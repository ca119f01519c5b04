#!/usr/bin/env bash
# ./gyro bench NAME… [-o json]: CLASS_PATH of the built program comes first; called by the launcher.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
class_path=$1
shift
cd "$root"
classes=$root/benchmarks/target/fast
if [ ! -f "$classes/built" ] || [ -n "$(find benchmarks/src benchmarks/pom.xml simulator/src simulator/pom.xml -newer "$classes/built" -print -quit)" ] ||
  [ "$root/target/dist/built" -nt "$classes/built" ]; then
  echo "gyro: building the benchmarks" >&2
  "${MAVEN:-mvn}" -B -q -Dfast -DskipTests -pl benchmarks,simulator -am package >&2
  touch "$classes/built"
fi
jars=("$classes"/lib/*.jar)
exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -Dgyropilot.root="$root" -cp "$classes/classes:$class_path:$(IFS=:; printf '%s' "${jars[*]}")" dev.gyropilot.benchmarks.Bench "$@"
