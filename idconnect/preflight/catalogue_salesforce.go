package preflight

// ofSalesforce are the codes about the connected app.
type ofSalesforce struct {
	CallbackURLMissing, ConsumerKeyUnknown, AuthorizeHostLegacy, AppNotInstalled, CallbackNotChecked Entry
}

var entriesOfSalesforce = ofSalesforce{
	CallbackURLMissing: Entry{
		Code: "CALLBACK-URL-MISSING", Severity: Warns,
		Means: "the connected app in Salesforce lacks a callback URL.",
		Checks: "The authorize endpoint is asked once for each callback URL, " +
			"with the consumer key of the connected app and without a login; " +
			"it says when a URL is not registered (`redirect_uri_mismatch`). " +
			"Nothing else is sent. The URLs themselves are assumed: `Upgrade.Checks.CallbackURLs` sets them.",
		Why: "users cannot sign in, and nothing says why",
		Remedy: "in Salesforce add the URL to the callback URLs of the connected app, and keep that of 2.1; " +
			"it must match exactly, with the slash at its end",
	},
	ConsumerKeyUnknown: Entry{
		Code: "CONSUMER-KEY-UNKNOWN", Severity: Warns,
		Means:  "the org does not know the consumer key.",
		Checks: "The authorize endpoint's answer: `invalid_client_id` or `app_not_found`, from a My Domain address.",
		Why:    "the callback URLs were not checked",
		Remedy: "give the consumer key of Identity Connect's connected app; " +
			"for a sandbox, give its authorize endpoint",
	},
	AuthorizeHostLegacy: Entry{
		Code: "AUTHORIZE-HOST-LEGACY", Severity: Warns,
		Means: "login.salesforce.com or test.salesforce.com does not know the consumer key.",
		Checks: "The authorize endpoint's answer: `invalid_client_id`, or `app_not_found` for an external client " +
			"app. From these hosts it comes for apps that exist, too.",
		Why: "the callback URLs were not checked",
		Remedy: "give the authorize endpoint of the org's My Domain " +
			"(Upgrade.Checks.AuthorizeURL https://MYDOMAIN.my.salesforce.com/services/oauth2/authorize)",
	},
	AppNotInstalled: Entry{
		Code: "APP-NOT-INSTALLED", Severity: Warns,
		Means: "the connected app is not installed in the org.",
		Checks: "The authorize endpoint's answer: `invalid_client`, with the words that the app must be installed. " +
			"Salesforce says so since September 2025.",
		Why: "users without a special permission cannot sign in, and the callback URLs were not checked",
		Remedy: "install the app: in Salesforce's Setup, on the page Connected Apps OAuth Usage, " +
			"choose Install beside Identity Connect",
	},
	CallbackNotChecked: Entry{
		Code: "CALLBACK-NOT-CHECKED", Severity: Warns,
		Means:  "the callback URLs could not be checked.",
		Checks: "The authorize endpoint's answer.",
		Why:    "users cannot sign in if one is missing",
		Remedy: "check the callback URLs of the connected app in Salesforce",
	},
}
