# Lists the files that lie directly in $2. $1: mark.
printf '\n%s begin -\n' "$1"
for f in "$2"/*; do
  [ -f "$f" ] || continue
  stat -c '%s %Y %n' "$f" || { printf '\n%s broken -\n' "$1"; exit 0; }
done 2>/dev/null
printf '\n%s end -\n' "$1"
