package certificate

import (
	"crypto"
	//lint:ignore SA1019 old servers have such keys
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// Identifiers of keys.
const (
	idRSA     = "1.2.840.113549.1.1.1"
	idPSS     = "1.2.840.113549.1.1.10"
	idMGF1    = "1.2.840.113549.1.1.8"
	idDSA     = "1.2.840.10040.4.1"
	idEC      = "1.2.840.10045.2.1"
	idDH      = "1.2.840.113549.1.3.1"
	idX25519  = "1.3.101.110"
	idX448    = "1.3.101.111"
	idEd25519 = "1.3.101.112"
)

// A curve that Java 11 knows: its name there, in which its size in bits stands.
type curve struct {
	name string
	bits int
}

var curves = func() map[string]curve {
	all, size := map[string]curve{}, regexp.MustCompile(`\d{3}`)
	for base, names := range map[string]string{
		"1.2.840.10045.3.0.": "1:c2pnb163v1 2:c2pnb163v2 3:c2pnb163v3 4:c2pnb176w1 5:c2tnb191v1 6:c2tnb191v2 " +
			"7:c2tnb191v3 10:c2pnb208w1 11:c2tnb239v1 12:c2tnb239v2 13:c2tnb239v3 16:c2pnb272w1 17:c2pnb304w1 " +
			"18:c2tnb359v1 19:c2pnb368w1 20:c2tnb431r1",
		"1.2.840.10045.3.1.": "1:secp192r1 2:prime192v2 3:prime192v3 4:prime239v1 5:prime239v2 6:prime239v3 " +
			"7:secp256r1",
		"1.3.132.0.": "1:sect163k1 2:sect163r1 3:sect239k1 4:sect113r1 5:sect113r2 6:secp112r1 7:secp112r2 " +
			"8:secp160r1 9:secp160k1 10:secp256k1 15:sect163r2 16:sect283k1 17:sect283r1 22:sect131r1 " +
			"23:sect131r2 24:sect193r1 25:sect193r2 26:sect233k1 27:sect233r1 28:secp128r1 29:secp128r2 " +
			"30:secp160r2 31:secp192k1 32:secp224k1 33:secp224r1 34:secp384r1 35:secp521r1 36:sect409k1 " +
			"37:sect409r1 38:sect571k1 39:sect571r1",
		"1.3.36.3.3.2.8.1.1.": "1:brainpoolP160r1 3:brainpoolP192r1 5:brainpoolP224r1 7:brainpoolP256r1 " +
			"9:brainpoolP320r1 11:brainpoolP384r1 13:brainpoolP512r1",
	} {
		for entry := range strings.FieldsSeq(names) {
			last, name, _ := strings.Cut(entry, ":")
			bits, _ := strconv.Atoi(size.FindString(name))
			if strings.HasPrefix(name, "c2") || strings.HasPrefix(name, "prime") {
				name = "X9.62 " + name
			}
			all[base+last] = curve{name, bits}
		}
	}
	return all
}()

// Curve returns Java's name of the curve of a certificate's key, and its size in bits; "" where the key has none.
func Curve(c *x509.Certificate) (name string, bits int) {
	a := keyAlgorithm(c)
	if a.id != idEC || len(a.parameters) == 0 {
		return "", 0
	}
	known := curves[x500.OID(content(a.parameters))]
	return known.name, known.bits
}

var standardCurves = map[string]elliptic.Curve{
	"1.3.132.0.33": elliptic.P224(), "1.2.840.10045.3.1.7": elliptic.P256(),
	"1.3.132.0.34": elliptic.P384(), "1.3.132.0.35": elliptic.P521(),
}

// checkParameters reads the parameters of the algorithms for which Java has a reader; of others they are anything.
func checkParameters(id string, v value) error {
	switch id {
	case idEC:
		curve, err := objectID(v)
		if err != nil {
			return errors.New("the curve is not named")
		}
		if _, known := curves[curve]; !known {
			return errors.New("the curve is not known")
		}
	case idDSA:
		_, err := numbers(v.full, 3)
		return err
	case idDH:
		list, err := sequence(v.full)
		if err != nil || len(list) < 2 || len(list) > 3 {
			return errMalformed
		}
	case idPSS:
		_, err := parsePSS(v.full)
		return err
	}
	return nil
}

// pss are the parameters of RSASSA-PSS.
type pss struct {
	hash, mask string // identifiers of hashes
	salt       int    // in bytes
}

// parsePSS is sun.security.rsa.PSSParameters. What is missing has its default.
func parsePSS(der []byte) (pss, error) {
	p := pss{hashes[0], hashes[0], 20}
	if len(der) == 0 {
		return p, nil
	}
	list, err := sequence(der)
	if err != nil {
		return p, err
	}
	for _, part := range list {
		held := part.bytes
		inner, ok := next(&held)
		if !ok {
			return p, errMalformed
		}
		tag := part.tag &^ constructed
		switch tag {
		case context:
			var a algorithm
			a, err = parseAlgorithm(inner)
			p.hash = a.id
		case context | 1:
			p.mask, err = parseMGF(inner)
		case context | 2, context | 3:
			var n int
			n, err = small(inner.bytes)
			if inner.tag != tagInteger || n < 0 || tag == context|3 && n != 1 {
				return p, errMalformed
			}
			if tag == context|2 {
				p.salt = n
			}
		default:
			return p, errMalformed
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

var hashes = []string{"1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3",
	"2.16.840.1.101.3.4.2.4", "2.16.840.1.101.3.4.2.5", "2.16.840.1.101.3.4.2.6"}

// parseMGF returns the identifier of the hash.
func parseMGF(v value) (string, error) {
	mgf, err := parseAlgorithm(v)
	if err != nil || mgf.id != idMGF1 || len(mgf.parameters) == 0 {
		return "", errMalformed
	}
	in := mgf.parameters
	held, _ := next(&in)
	hash, err := parseAlgorithm(held)
	if err != nil || !slices.Contains(hashes, hash.id) {
		return "", errMalformed
	}
	return hash.id, nil
}

// numbers reads a sequence of so many integers.
func numbers(der []byte, count int) (all []*big.Int, err error) {
	list, err := sequence(der)
	if err != nil || len(list) != count {
		return nil, errMalformed
	}
	for _, v := range list {
		n, err := positive(v.bytes)
		if v.tag != tagInteger || err != nil {
			return nil, errMalformed
		}
		all = append(all, n)
	}
	return all, nil
}

// parsePublicKey is sun.security.x509.X509Key.parse with the key factories behind it. A key of a kind for which Java 11
// has none is not looked at.
func parsePublicKey(v value) (kind x509.PublicKeyAlgorithm, key any, err error) {
	in := v.bytes
	first, _ := next(&in)
	second, _ := next(&in) // behind it may stand anything
	if v.tag != tagSequence || second.tag != tagBits {
		return 0, nil, errMalformed
	}
	a, err := parseAlgorithm(first)
	if err != nil {
		return 0, nil, err
	}
	held, err := bits(second.bytes)
	if err != nil {
		return 0, nil, err
	}
	switch a.id {
	case idRSA, idPSS:
		key, err = parseRSA(held.Bytes)
		if a.id == idRSA {
			kind = x509.RSA
		}
	case idDSA:
		kind = x509.DSA
		key, err = parseDSA(a, held.Bytes)
	case idEC:
		kind = x509.ECDSA
		key, err = parseEC(a, held.Bytes)
	case idDH:
		_, err = one(held.Bytes, tagInteger)
	case idX25519, idX448:
		if size := map[string]int{idX25519: 32, idX448: 56}[a.id]; len(held.Bytes) != size {
			err = errMalformed
		}
	case idEd25519:
		if len(held.Bytes) == ed25519.PublicKeySize {
			kind, key = x509.Ed25519, ed25519.PublicKey(held.Bytes)
		}
	}
	return kind, key, err
}

// parseRSA refuses what Java refuses: below 512 bits, above 16384, an exponent below 3, or as large as the modulus.
func parseRSA(der []byte) (any, error) {
	pair, err := numbers(der, 2)
	if err != nil {
		return nil, err
	}
	n, e := pair[0], pair[1]
	size := (n.BitLen() + 7) &^ 7
	switch {
	case size < 512:
		return nil, errors.New("RSA of less than 512 bits")
	case size > 16384 || size > 3072 && e.BitLen() > 64:
		return nil, errors.New("RSA of a size that Java does not take")
	case e.Cmp(n) >= 0 || e.Cmp(big.NewInt(3)) < 0:
		return nil, errors.New("RSA with an exponent that Java does not take")
	case e.BitLen() > 31:
		return nil, nil // Go's type does not hold it
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func parseDSA(a algorithm, der []byte) (any, error) {
	v, err := one(der, tagInteger)
	if err != nil {
		return nil, err
	}
	y, err := integer(v.bytes)
	if err != nil || len(a.parameters) == 0 {
		return nil, err
	}
	pqg, err := numbers(a.parameters, 3)
	if err != nil {
		return nil, err
	}
	return &dsa.PublicKey{Parameters: dsa.Parameters{P: pqg[0], Q: pqg[1], G: pqg[2]}, Y: y}, nil
}

// parseEC takes points that are written in full. Go's key is only for the curves that Go has.
func parseEC(a algorithm, point []byte) (any, error) {
	if len(a.parameters) == 0 {
		return nil, errors.New("EC without a curve")
	}
	id := x500.OID(content(a.parameters))
	size := (curves[id].bits + 7) / 8
	if len(point) == 0 || point[0] != 4 || (len(point)-1)/2 != size {
		return nil, errors.New("EC point compressed, or not of the curve's size")
	}
	curve := standardCurves[id]
	if curve == nil || len(point) != 1+2*size {
		return nil, nil
	}
	x, y := new(big.Int).SetBytes(point[1:1+size]), new(big.Int).SetBytes(point[1+size:])
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, nil
}

// PSS returns the hash and the length of the salt by which a certificate is signed, and false where it is not signed by
// RSASSA-PSS with one hash throughout.
func PSS(c *x509.Certificate) (hash crypto.Hash, salt int, ok bool) {
	a := outerAlgorithm(c)
	if a.id != idPSS {
		return 0, 0, false
	}
	p, err := parsePSS(a.parameters)
	known := []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA224, crypto.SHA512_224,
		crypto.SHA512_256}
	at := slices.Index(hashes, p.hash)
	if err != nil || at < 0 || p.hash != p.mask {
		return 0, 0, false
	}
	return known[at], p.salt, true
}
