package keystore

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"sync"
)

var (
	oidPBEWithMD5AndTripleDES = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 19, 1}
	oidJKSKeyProtector        = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1}
)

const (
	// maxIterations is Java's own limit (com.sun.crypto.provider.KeyProtector).
	maxIterations = 5_000_000
	// defaultIterations is Java's default since 8u151.
	defaultIterations = 200_000
)

type pbeParams struct {
	Salt       []byte
	Iterations int
}

// parsePBEParams checks everything before any work is done.
func parsePBEParams(der []byte) (pbeParams, error) {
	var p pbeParams
	rest, err := asn1.Unmarshal(der, &p)
	switch {
	case err != nil:
		return p, fmt.Errorf("parameters of the key's encryption: %w", err)
	case len(rest) > 0:
		return p, errors.New("parameters of the key's encryption: more than expected")
	case len(p.Salt) != 8:
		return p, fmt.Errorf("salt of %d bytes, not 8", len(p.Salt))
	case p.Iterations < 1 || p.Iterations > maxIterations:
		return p, fmt.Errorf("%d iterations, Java takes 1 to %d", p.Iterations, maxIterations)
	}
	return p, nil
}

// pbePassword gives the bytes that MD5 gets: only printable ASCII can protect
// keys (com.sun.crypto.provider.PBEKey).
func pbePassword(p Password) ([]byte, error) {
	text := p.Reveal()
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return nil, errors.New("only printable ASCII passwords can protect keys")
		}
	}
	return []byte(text), nil
}

// pbeDerive is PBKDF of com.sun.crypto.provider.PBES1Core: each half of the
// salt is hashed on its own, so both run side by side.
func pbeDerive(password []byte, p pbeParams) (key, iv []byte) {
	salt := append([]byte(nil), p.Salt...)
	if string(salt[:4]) == string(salt[4:]) {
		// "If the two salt halves are the same, invert one of them": the
		// reversal is what Java's own results show (testdata/pbe-vectors.json).
		slices.Reverse(salt[:4])
	}
	var halves [2][md5.Size]byte
	var wait sync.WaitGroup
	for h := range halves {
		wait.Go(func() {
			buf := make([]byte, md5.Size+len(password))
			n := copy(buf, salt[4*h:4*h+4])
			n += copy(buf[n:], password)
			sum := md5.Sum(buf[:n])
			copy(buf[md5.Size:], password)
			for range p.Iterations - 1 {
				copy(buf, sum[:])
				sum = md5.Sum(buf)
			}
			halves[h] = sum
		})
	}
	wait.Wait()
	out := append(halves[0][:], halves[1][:]...)
	return out[:24], out[24:]
}

func pbeDecrypt(password Password, params pbeParams, data []byte) ([]byte, error) {
	pw, err := pbePassword(password)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyPassword, err)
	}
	if len(data) == 0 || len(data)%des.BlockSize != 0 {
		return nil, fmt.Errorf("an encrypted key of %d bytes", len(data))
	}
	key, iv := pbeDerive(pw, params)
	block, err := des.NewTripleDESCipher(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	plain, ok := unpad(plain, des.BlockSize)
	if !ok {
		return nil, ErrKeyPassword
	}
	return plain, nil
}

func pbeEncrypt(password Password, params pbeParams, plain []byte) ([]byte, error) {
	pw, err := pbePassword(password)
	if err != nil {
		return nil, err
	}
	key, iv := pbeDerive(pw, params)
	block, err := des.NewTripleDESCipher(key)
	if err != nil {
		return nil, err
	}
	data := pad(plain, des.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data, nil
}

func pad(b []byte, size int) []byte {
	n := size - len(b)%size
	out := make([]byte, len(b)+n)
	for i := copy(out, b); i < len(out); i++ {
		out[i] = byte(n)
	}
	return out
}

func unpad(b []byte, size int) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	n := int(b[len(b)-1])
	if n == 0 || n > size || n > len(b) {
		return nil, false
	}
	for _, c := range b[len(b)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return b[:len(b)-n], true
}
