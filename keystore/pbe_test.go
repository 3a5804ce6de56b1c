package keystore

import (
	"encoding/hex"
	"testing"
)

func TestPBEVectors(t *testing.T) {
	t.Parallel()
	var vectors []struct {
		Password, Salt, Plaintext, Ciphertext string
		Iterations                            int
	}
	readJSON(t, "pbe-vectors.json", &vectors)
	if len(vectors) < 7 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for i, v := range vectors {
		salt, _ := hex.DecodeString(v.Salt)
		got, err := pbeEncrypt(NewPassword(v.Password), pbeParams{salt, v.Iterations}, []byte(v.Plaintext))
		if err != nil || hex.EncodeToString(got) != v.Ciphertext {
			t.Errorf("vector %d: %x, %v", i, got, err)
		}
	}
}
