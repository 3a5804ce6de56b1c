package keystore

import (
	"context"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/keystore/internal/pkcs7"
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
	// betweenLooks is how many iterations, some 20 ms, pass between two looks at
	// the context.
	betweenLooks = 100_000
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

// portable returns an error unless every Java takes the password for a key: printable
// ASCII alone (com.sun.crypto.provider.PBEKey). Java 25 takes any other, as
// UTF-8; older ones never open such a key, so it is read and not written.
func portable(p Password) error {
	text := p.Reveal()
	if text == "\x00" {
		return nil // Java: "a password without a terminator"
	}
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return errors.New("only printable ASCII passwords can protect keys")
		}
	}
	return nil
}

// pbeDerive is PBKDF of com.sun.crypto.provider.PBES1Core: each half of the
// salt is hashed on its own.
func pbeDerive(ctx context.Context, password []byte, p pbeParams) (key, iv []byte, err error) {
	salt := append([]byte(nil), p.Salt...)
	if string(salt[:4]) == string(salt[4:]) {
		// "If the two salt halves are the same, invert one of them": the
		// reversal is what Java's own results show (testdata/pbe-vectors.json).
		slices.Reverse(salt[:4])
	}
	var halves [2][md5.Size]byte
	for h := range halves {
		halves[h] = md5.Sum(append(salt[4*h:4*h+4:4*h+4], password...))
	}
	for left := p.Iterations - 1; left > 0; left -= betweenLooks {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		hashOn(&halves, password, min(left, betweenLooks))
	}
	out := append(halves[0][:], halves[1][:]...)
	return out[:24], out[24:], nil
}

// hashOn replaces both digests, n times, by the one of digest and password.
func hashOn(halves *[2][md5.Size]byte, password []byte, n int) {
	if md5.Size+len(password) > md5.BlockSize-9 { // more than a block
		for h := range halves {
			buf := append(halves[h][:], password...)
			for range n {
				sum := md5.Sum(buf)
				copy(buf, sum[:])
			}
			copy(halves[h][:], buf)
		}
		return
	}
	var block [md5.BlockSize]byte
	end := md5.Size + copy(block[md5.Size:], password)
	block[end] = 0x80
	binary.LittleEndian.PutUint64(block[md5.BlockSize-8:], uint64(8*end))
	var x [16]uint32
	binary.Decode(block[:], binary.LittleEndian, &x)
	var pair [2][4]uint32
	for h := range halves {
		binary.Decode(halves[h][:], binary.LittleEndian, &pair[h])
	}
	md5Pair(&pair[0], &pair[1], &x, n)
	for h := range halves {
		binary.Encode(halves[h][:], binary.LittleEndian, pair[h])
	}
}

// pbeCipher is the block cipher of a password, and its iv.
func pbeCipher(ctx context.Context, password Password, params pbeParams) (block cipher.Block, iv []byte, err error) {
	key, iv, err := pbeDerive(ctx, []byte(password.Reveal()), params)
	if err != nil {
		return nil, nil, err
	}
	block, err = des.NewTripleDESCipher(key)
	return block, iv, err
}

// pbeDecrypt needs data in whole blocks.
func pbeDecrypt(ctx context.Context, password Password, params pbeParams, data []byte) ([]byte, error) {
	block, iv, err := pbeCipher(ctx, password, params)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	plain, ok := pkcs7.Unpad(plain, des.BlockSize)
	if !ok {
		return nil, ErrKeyPassword
	}
	return plain, nil
}

func pbeEncrypt(password Password, params pbeParams, plain []byte) ([]byte, error) {
	if err := portable(password); err != nil {
		return nil, err
	}
	block, iv, err := pbeCipher(context.Background(), password, params)
	if err != nil {
		return nil, err
	}
	data := pkcs7.Pad(plain, des.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data, nil
}
