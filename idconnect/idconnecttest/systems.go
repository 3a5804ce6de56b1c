package idconnecttest

import (
	"cmp"
	"fmt"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

type members = map[string]any

// addSystems configures a server with everything that the acceptance checks look
// at: a directory, a Salesforce organization, and the mappings between them and the
// users. What the caller has configured is kept.
func addSystems(o *openidmtest.Options, generation openidmtest.Generation) {
	generation = cmp.Or(o.Generation, generation)
	accounts := func(prefix string, n int) (out []map[string]any) {
		for i := range n {
			out = append(out, members{"_id": fmt.Sprintf("%s%05d", prefix, i)})
		}
		return out
	}
	o.Managed = append(o.Managed, "permissionset", "group")
	o.Connectors = append(o.Connectors,
		openidmtest.Connector{Name: "ad", Class: "org.identityconnectors.ldap.LdapConnector",
			Settings: members{"host": "dc.example.com", "port": 636},
			Objects:  map[string][]map[string]any{"account": accounts("cn", 200), "group": accounts("g", 9)}},
		generation.Salesforce("salesforce", map[string][]map[string]any{"User": accounts("005", 200)}),
	)
	o.Mappings = append(o.Mappings,
		members{"name": "systemAdAccount_managedUser", "source": "system/ad/account", "target": "managed/user",
			"properties": []any{members{"source": "mail", "target": "mail"}, members{"source": "sn", "target": "sn"}}},
		members{"name": "managedUser_systemSalesforceUser", "source": "managed/user",
			"target": "system/salesforce/User", "properties": []any{
				members{"source": "mail", "target": "Email"},
				members{"target": "ProfileId", "default": "00e000000000001"},
			}},
	)
}

// addRecords links users of the source to both systems, and adds permission sets
// and groups.
func addRecords(s *openidmtest.Server, users int) {
	for i := range users {
		user := fmt.Sprintf("u%05d", i)
		s.Put("repo/link", "ad"+user, members{"firstId": fmt.Sprintf("cn%05d", i), "secondId": user,
			"linkType": "systemAdAccount_managedUser"})
		s.Put("repo/link", "sf"+user, members{"firstId": user, "secondId": fmt.Sprintf("005%05d", i),
			"linkType": "managedUser_systemSalesforceUser"})
	}
	for i := range 7 {
		s.Put("repo/managed/permissionset", fmt.Sprintf("0PS%05d", i),
			members{"name": fmt.Sprintf("Permission set %d", i)})
	}
	for i := range 4 {
		s.Put("repo/managed/group", fmt.Sprintf("g%05d", i), members{"name": fmt.Sprintf("Group %d", i)})
	}
}
