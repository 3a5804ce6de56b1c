package setup

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/idconnect-go/upgrade/keystore"
)

// Prompt is a question of the set-up script and its answer.
type Prompt struct {
	// Pattern is looked for in the line that the script stopped in.
	Pattern *regexp.Regexp
	// Unless, if it is not nil, is looked for, too: a line that has it is not
	// answered.
	Unless *regexp.Regexp
	// Answer is typed, with Enter.
	Answer string
	// Secret: the keystore's password is typed instead, and only while the
	// terminal does not show it.
	Secret bool
}

// Words of a question that no answer is known for, in the languages of keytool:
// what is at stake is more than an entry of a store. destroys are those that a
// bare Enter must not agree to, either.
const (
	destroys = `\b(drop|delet|eras|remov|wip(e|ing)|purg|truncat|reset|overwr|replac|format)` +
		`|lösch|entfern|überschr|ersetz|supprim|effac|écras|rempla|削除|消去|上書|置換|删除|清除|覆盖|替换`
	holds = `\b(all|every|everything|data ?bases?|data|tables?|schemas?|repositor(y|ies)|repo)\b` +
		`|\b(folders?|director(y|ies)|files?)\b` +
		`|datenbank|daten\b|tabelle|verzeichnis|ordner|\balle[sn]?\b` +
		`|données|\btables?\b|répertoire|dossier|\btou(t|te|s|tes)\b` +
		`|データ|テーブル|ディレクトリ|フォルダ|すべて|全て|数据|目录|文件夹|全部|所有`
)

var (
	isDestructive = regexp.MustCompile(`(?i)` + destroys)
	isAboutMore   = regexp.MustCompile(`(?i)` + holds +
		`|drop|delet|eras|wip(e|ing)|purg|truncat|lösch|supprim|effac|削除|消去|删除|清除`)
)

// yes agrees to overwrite an entry, in one language of keytool, whose word for
// yes it is: any other word is a no.
func yes(word, pattern string) Prompt {
	return Prompt{Pattern: regexp.MustCompile(`(?i)` + pattern), Unless: isAboutMore, Answer: word}
}

// DefaultPrompts are what the set-up script of 7.1.6 is said to ask: the data
// source, confirmed with Enter, the keystore's password, and whether to
// overwrite a certificate. The words are assumed; those of the last two are
// keytool's, which speaks the machine's language: English, German, French,
// Japanese and Chinese. Anything else is not answered, such as whether to trust
// a certificate, or to replace data.
func DefaultPrompts() []Prompt {
	const asks = `.*(\?|\[no\]|\[n\]|y/n|yes/no)`
	return []Prompt{
		yes("yes", `\b(alias|entry|certificate)\b.*(overwrite|exists|replace)`+asks),
		yes("yes", `(overwrite|replace)\b.*\b(alias|entry|certificate)\b`+asks),
		yes("ja", `(alias|eintrag|zertifikat).*(vorhanden|überschreiben|ersetzen).*\[nein\]`),
		yes("oui", `(alias|entrée|certificat).*(existe|remplacer|écraser).*\[non\]`),
		yes("はい", `(別名|エントリ|証明書).*(存在|上書き|置換|置き換え).*\[いいえ\]`),
		yes("是", `(别名|条目|证书).*(存在|覆盖|替换).*\[否\]`),
		{Pattern: regexp.MustCompile(`(?i)store.*(password|kennwort|passwort)|password.*store` +
			`|mot de passe.*fichier de clés|キーストア.*パスワード|密钥库.*(口令|密码)`), Secret: true},
		{
			Pattern: regexp.MustCompile(
				`(?i)(postgres|data ?source|database).*[:?>\])]\s*$|(press|hit) (enter|return)`,
			),
			Unless: isDestructive,
		},
	}
}

// A line that stands without an end, and looks like this, waits for somebody.
// The prompts of an OSGi console, which a server in the foreground shows, do
// not.
var (
	looksLikeQuestion = regexp.MustCompile(`[:?>\])：？]\s*$`)
	osgiConsole       = regexp.MustCompile(`^\s*(->|g!|osgi>)\s*$`)
	asksForEnter      = regexp.MustCompile(`(?i)\?\s*$|(press|hit) (enter|return)`)
)

func isQuestion(line string) bool {
	return looksLikeQuestion.MatchString(line) && !osgiConsole.MatchString(line)
}

// promptFor finds the prompt that a line is. ended says that its line break
// was written: some scripts ask on a line of its own, and most lines are no
// questions.
func promptFor(prompts []Prompt, line string, ended bool) (int, bool) {
	if strings.TrimSpace(line) == "" {
		return 0, false
	}
	for i, p := range prompts {
		switch {
		case !p.Pattern.MatchString(line) || p.Unless != nil && p.Unless.MatchString(line):
		case p.Secret && !isQuestion(line):
		case ended && !p.Secret && !asksForEnter.MatchString(line):
		default:
			return i, true
		}
	}
	return 0, false
}

// maxTyped: a terminal takes no longer line (1024 bytes on macOS).
const maxTyped = 1000

// typeable says why a password cannot be typed. A control character would
// steer the terminal.
func typeable(p keystore.Password) error {
	text := p.Reveal()
	switch {
	case p.IsZero():
		return errors.New("the script asks for the keystore's password, and none is known")
	case len(text) > maxTyped:
		return errors.New("the keystore's password is too long for a terminal")
	case strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("the keystore's password has a control character, which a terminal does not pass on")
	}
	return nil
}
