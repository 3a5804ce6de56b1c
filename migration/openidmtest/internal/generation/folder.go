package generation

import "fmt"

// Security is the folder of the stores.
const Security = "security"

// Folder returns the files of an installation that say where it listens and what
// opens its stores, by their paths: boot.properties is in resolver since 7.x
// (H [71][73]) and in conf/boot before (H [31]). In 7.1.0 it still names the
// keystore, in 7.3 no longer.
func (t Traits) Folder(port int, password string) map[string]string {
	boot := fmt.Sprintf("openidm.host=localhost\nopenidm.port.https=%d\nopenidm.keystore.type=JCEKS\n"+
		"openidm.keystore.password=%[2]s\nopenidm.truststore.password=%[2]s\n", port, password)
	if !t.New {
		return map[string]string{"conf/boot/boot.properties": boot +
			"openidm.keystore.location=security/keystore.jceks\nopenidm.truststore.location=security/truststore\n"}
	}
	return map[string]string{"resolver/boot.properties": boot, "conf/secrets.json": secrets}
}

// secrets is conf/secrets.json: what it says of the stores is nested (H [73]); the
// purposes of the keys are left out.
const secrets = `{
    "stores": [
        {
            "name": "mainKeyStore",
            "class": "org.forgerock.openidm.secrets.config.FileBasedStore",
            "config": {
                "file": "&{openidm.keystore.location|&{idm.install.dir}/security/keystore.jceks}",
                "storetype": "&{openidm.keystore.type|JCEKS}",
                "providerName": "&{openidm.keystore.provider|SunJCE}",
                "storePassword": "&{openidm.keystore.password|changeit}",
                "mappings": []
            }
        },
        {
            "name": "mainTrustStore",
            "class": "org.forgerock.openidm.secrets.config.FileBasedStore",
            "config": {
                "file": "&{openidm.truststore.location|&{idm.install.dir}/security/truststore}",
                "storetype": "&{openidm.truststore.type|JKS}",
                "providerName": "&{openidm.truststore.provider|SUN}",
                "storePassword": "&{openidm.truststore.password|changeit}",
                "mappings": []
            }
        }
    ]
}
`
