/** The shells that completion is there for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/**
 * What each shell runs to ask `confer __complete`. bash hands over its line, because it takes words apart at colons;
 * the others hand over words, the last of which is the one at the cursor.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of confer for bash: eval "$(confer completion bash)"
_confer() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(command confer __complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  elif [[ \${COMPREPLY[0]-} == */ || \${COMPREPLY[0]-} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _confer confer
`,
  zsh: `#compdef confer
# Completion of confer for zsh, after compinit: eval "$(confer completion zsh)"
_confer() {
  local line value
  local -a before lines leaves folders about
  before=("\${(@Q)words[2,CURRENT-1]}")
  (( CURRENT > 2 )) || before=()
  lines=("\${(@f)$(command confer __complete zsh -- "\${before[@]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  if [[ $lines[1] == :files ]]; then
    _files
    return
  fi
  for line in $lines; do
    value=\${line%%$'\\t'*}
    if [[ $value == */ ]]; then
      folders+=("$value")
    else
      leaves+=("$value")
      about+=("\${line/$'\\t'/  -- }")
    fi
  done
  (( $#folders + $#leaves )) || return 1
  (( $#folders )) && compadd -S '' -a folders
  (( $#leaves )) && compadd -l -d about -a leaves
  return 0
}
if [[ $funcstack[1] == _confer ]]; then
  _confer "$@"
else
  compdef _confer confer
fi
`,
  fish: `# Completion of confer for fish: confer completion fish | source
function __confer_complete
    set -l before (commandline -opc)
    set -l raw (commandline -ct)
    set -l current (string unescape -- $raw 2>/dev/null)
    or set current (string trim -l -c "\\"'" -- $raw)
    set -l found (command confer __complete fish -- $before[2..-1] "$current" 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\\n' $found
    end
end
complete -c confer -e
complete -c confer -f -a '(__confer_complete)'
`,
};
