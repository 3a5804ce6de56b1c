package setup

import "testing"

// typed is what is answered to a question: "" for nothing, "(password)" for the password, "(Enter)" for Enter alone.
func typed(line string) string {
	prompts := DefaultPrompts()
	i, known := promptFor(prompts, line, false)
	switch {
	case !known:
		return ""
	case prompts[i].Secret:
		return "(password)"
	case prompts[i].Answer == "":
		return "(Enter)"
	}
	return prompts[i].Answer
}

// TestPrompts: keytool's questions, as JDK 17 asks them in each language, and what they are taken for; and questions
// about more than an entry of a store, which nothing is typed to.
func TestPrompts(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"Existing entry alias a exists, overwrite? [no]:  ":                    "yes",
		"Eintragsalias a ist bereits vorhanden. Überschreiben? [Nein]:  ":      "ja",
		"L'alias d'entrée a existe déjà. Voulez-vous le remplacer ? [non] :  ": "oui",
		"既存のエントリの別名aが存在しています。上書きしますか。[いいえ]:  ":                                 "はい",
		"存在现有条目别名 a, 是否覆盖? [否]:  ":                                             "是",
		"Certificate already exists. Overwrite? (y/n) ":                        "yes",
		"Overwrite the existing certificate openidm-localhost? [no]: ":         "yes",
		"Enter keystore password:  ":                                           "(password)",
		"Enter destination keystore password:  ":                               "(password)",
		"Keystore-Kennwort eingeben:  ":                                        "(password)",
		"Ziel-Keystore-Kennwort eingeben:  ":                                   "(password)",
		"Entrez le mot de passe du fichier de clés :  ":                        "(password)",
		"Entrez le mot de passe du fichier de clés de destination :  ":         "(password)",
		"キーストアのパスワードを入力してください:  ":                                              "(password)",
		"出力先キーストアのパスワードを入力してください:  ":                                           "(password)",
		"输入密钥库口令:  ":                                                           "(password)",
		"输入目标密钥库口令：":                                                           "(password)",
		"Data source: embedded Postgres. Press Enter: ":                        "(Enter)",

		"Drop it and replace all data? [no]: ":                                       "",
		"The database already exists. Overwrite? [no]: ":                             "",
		"Repository contains entries, overwrite? [no]: ":                             "",
		"Replace the certificate table? [no]: ":                                      "",
		"Delete existing entry alias a? [no]: ":                                      "",
		"Existing certificate entries exist, overwrite all? [no]: ":                  "",
		"The folder of the certificate exists, replace it? [no]: ":                   "",
		"Alias exists. Erase and overwrite? [no]: ":                                  "",
		"Overwrite? [no]: ":                                                          "",
		"File already exists, overwrite? [no]: ":                                     "",
		"Der Alias ist vorhanden. Alle Daten überschreiben? [Nein]: ":                "",
		"L'alias existe. Remplacer toutes les données ? [non] : ":                    "",
		"別名が存在しています。データをすべて上書きしますか。[いいえ]: ":                                          "",
		"别名存在, 是否覆盖全部数据? [否]: ":                                                      "",
		"Drop the database? [yes]: ":                                                 "",
		"Database openidm found. Press Enter to overwrite it":                        "",
		"Press Enter to delete the data source":                                      "",
		"Trust this certificate? [no]:  ":                                            "",
		"Do you still want to add it? [no]:  ":                                       "",
		"Diesem Zertifikat vertrauen? [Nein]:  ":                                     "",
		"Geben Sie einen neuen Aliasnamen ein\t(RETURN, um den Import abzubrechen):": "",
	} {
		if got := typed(line); got != want {
			t.Errorf("%s: %q, not %q", line, got, want)
		}
	}
}
