# Completion for sallyport, sallyportctl, sallyportd and sallyport-gateway in bash. It reads what may come next from their
# own --help, so that it is never out of date; it asks no service and no gateway.

# The first words of the lines below "Subcommands:".
_sallyport_commands() { awk '/^Subcommands:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }' <<<"$1"; }

# All long options above the examples.
_sallyport_options() {
  awk '/^(Options|Positionals):/ { on = 1; next } /^$/ { on = 0 } on && /^  -/ { print $1 }' <<<"$1" |
    tr ',' '\n' | grep '^--'
}

_sallyport() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local help root commands word i way=()
  COMPREPLY=()
  case $previous in
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$current"); return ;;
    --config | --socket | --csr | --out | --output | --html | --ca | --certificate | --key | --pin-file | --head | --dir | --decisions)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  root=$("$program" --help 2>/dev/null) || return
  help=$root
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    commands=$(_sallyport_commands "$help")
    grep -qxF -e "$word" <<<"$commands" || continue
    way+=("$word")
    help=$("$program" "${way[@]}" --help 2>/dev/null) || return
  done
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_sallyport_options "$help") $(_sallyport_options "$root")" -- "$current")
    return
  fi
  commands=$(_sallyport_commands "$help")
  if [[ -n $commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -o filenames -F _sallyport sallyport sallyportctl sallyportd sallyport-gateway
