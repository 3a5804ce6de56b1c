// Package openidm is a typed REST client of an OpenIDM server, versions 3 to
// 7: health, login, reads, queries page by page, actions, configuration and
// reconciliations.
//
// It is for programs that look at an OpenIDM server, of either product. Begin with
// [Client], [Client.Read] and [Client.Query]. A client needs a BaseURL and
// Credentials; [Client.Ping] and [Client.Action] do what they say. It refuses
// redirects, because Go would send the password along. It keeps no cookies,
// because a session takes precedence over the credentials. It retries, with
// go-retryablehttp, only what may be sent twice. It speaks HTTP/1.1, because
// OpenIDM's audit leaves out the password by the exact spelling of its header.
// Certificate checks cannot be switched off; Trust and Pinned say what is
// trusted. It does not create, change or delete records.
//
// What the server says is an [*Error], what keeps it from saying something a
// [*NetworkError]; both match the sentinels of this package by errors.Is, and
// a certificate that is not accepted is a [*jvmtrust.Error] by errors.As.
//
// A resource is named by its path below the BaseURL, as it stands in a URL:
// "managed/user/"+url.PathEscape(id).
//
// The server's behaviour was read in the sources of OpenIDM 2.1.0 to 7.0.2 or
// measured on the community's 7.0.2 (OpenIdentityPlatform); what is assumed says so.
package openidm
