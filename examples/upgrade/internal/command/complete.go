package command

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Candidate is a word that may stand where the cursor is.
type Candidate struct{ Word, Means string }

// Complete returns what the last of the words may become; the words are those after
// the program's name. None means a file or a folder, which shells complete alone.
func (p *Program) Complete(words []string) (out []Candidate) {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	add := func(word, means string) {
		if strings.HasPrefix(word, last) {
			out = append(out, Candidate{word, means})
		}
	}
	if len(words) == 1 || len(words) == 2 && words[0] == "help" {
		for _, c := range p.Commands {
			add(c.Name, c.Short)
		}
		return out
	}
	c := p.Find(words[0])
	if c == nil {
		return nil
	}
	before := words[len(words)-2]
	if name := strings.TrimPrefix(strings.TrimPrefix(before, "-"), "-"); name != before {
		if f := p.taken(c, name); f != nil && f.Value != "" {
			// What stands before a comma stays.
			first := ""
			if i := strings.LastIndexByte(last, ','); f.List && i >= 0 {
				first = last[:i+1]
			}
			for _, choice := range f.Choices {
				add(first+choice, "")
			}
			return out
		}
	}
	if strings.HasPrefix(last, "-") {
		dash := "-"
		if strings.HasPrefix(last, "--") {
			dash = "--"
		}
		for _, f := range p.FlagsOf(c) {
			add(dash+f.Name, f.Help)
		}
		return out
	}
	for _, choice := range c.Choices {
		add(choice, "")
	}
	return out
}

// completing is the command that the scripts call.
const completing = "__complete"

// Completing returns the words that a script of [Program.WriteCompletion] asks about,
// and whether it does.
func Completing(args []string) ([]string, bool) {
	if len(args) == 0 || args[0] != completing {
		return nil, false
	}
	words := append([]string(nil), args[1:]...)
	if n := len(words); n > 0 && words[n-1] == `""` {
		words[n-1] = "" // some PowerShells drop an argument that is empty
	}
	return words, true
}

// WriteCandidates writes a line for each candidate, its meaning after a tab.
func WriteCandidates(out io.Writer, all []Candidate) error {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%s\t%s\n", c.Word, c.Means)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Shells are those that [Program.WriteCompletion] knows.
func Shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_]`)

// WriteCompletion writes a script that lets a shell complete the program.
func (p *Program) WriteCompletion(out io.Writer, shell string) error {
	_, err := io.WriteString(out, strings.NewReplacer("NAME", p.Name,
		"FUNCTION", "_"+notInNames.ReplaceAllString(p.Name, "_"), "ASK", completing).Replace(scripts[shell]))
	return err
}

var scripts = map[string]string{
	"bash": `# bash completion of NAME: source <(NAME completion bash)
FUNCTION() {
	local IFS=$'\n'
	COMPREPLY=($("${COMP_WORDS[0]}" ASK "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o bashdefault -o default -F FUNCTION NAME
`,
	"zsh": `#compdef NAME
# zsh completion of NAME: source <(NAME completion zsh), after compinit
FUNCTION() {
	local -a found
	local line
	"${(Q)words[1]}" ASK "${(@Q)words[2,CURRENT]}" 2>/dev/null | while IFS= read -r line; do
		found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	if (( ${#found} )); then
		_describe NAME found
	else
		_files
	fi
}
compdef FUNCTION NAME
`,
	"fish": `# fish completion of NAME: NAME completion fish | source
function _FUNCTION
	set -l current (commandline -ct)
	set -l words (commandline -opc) "$current"
	set -l found ($words[1] ASK $words[2..-1] 2>/dev/null)
	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path "$current"
	end
end
complete -c NAME -f -a '(_FUNCTION)'
`,
	"powershell": `# PowerShell completion of NAME: NAME completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'NAME', 'NAME.exe' -ScriptBlock {
	param($word, $ast, $cursor)
	$words = @($ast.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursor } |
		ForEach-Object { "$_" })
	$program = $words[0]
	$rest = @($words | Select-Object -Skip 1)
	if ($word -eq '') { $rest += '""' }
	& $program ASK @rest 2>$null | ForEach-Object {
		$found, $means = $_ -split "` + "`t" + `", 2
		if (-not $means) { $means = $found }
		[System.Management.Automation.CompletionResult]::new($found, $found, 'ParameterValue', $means)
	}
}
`,
}
