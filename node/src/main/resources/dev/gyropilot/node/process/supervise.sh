# Starts one container's program in a session of its own and records how it ended. Outlives the node: needs nothing but a shell.
# usage: supervise.sh RUN_DIRECTORY WORKING_DIRECTORY GROUP_FILES(separated by newlines) COMMAND...
run=$1
dir=$2
groups=$3
shift 3
# Signals meant for a terminal must not end the watch over the program; handlers, unlike ignored signals, are not inherited.
trap : HUP INT TERM QUIT
(
    IFS='
'
    for group in $groups; do
        echo 0 >"$group" || exit 128
    done
    unset IFS
    cd "$dir" || exit 128
    exec "$@"
) </dev/null >>"$run/stdout" 2>>"$run/stderr" &
pid=$!
started=-
# Field 22 of stat, counted after the name in brackets, tells this process from a later one with the same number.
if read -r stat 2>/dev/null <"/proc/$pid/stat"; then
    rest=${stat##*) }
    n=0
    for field in $rest; do
        n=$((n + 1))
        if [ $n -eq 20 ]; then
            started=$field
            break
        fi
    done
fi
printf '%s %s %s\n' "$pid" "$started" "$$" >"$run/pid"
# The node reads our output to its end as the sign that the program was started.
exec >/dev/null 2>&1
while :; do
    wait "$pid"
    code=$?
    kill -0 "$pid" 2>/dev/null || break
done
printf '%s\n' "$code" >"$run/exit"
