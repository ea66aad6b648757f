// Checks a bundle with Go's golang.org/x/mod/sumdb (the checksum database of the Go modules), which nobody here wrote.
//
//	tlog KEY BUNDLE POSITION OLDER
//
// The checkpoint is opened under KEY, every hash is read through authenticated tiles, and record POSITION and the
// older signed checkpoint, checkpoints/OLDER, are proved against the root. Built in GOPATH mode, from Debian packages.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type bundle struct{ folder string }

func (b bundle) Height() int                           { return height }
func (b bundle) SaveTiles(tiles []tlog.Tile, d [][]byte) {}

// ReadTiles finds tiles under the paths of C2SP tlog-tiles, which do not say the height.
func (b bundle) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		content, err := os.ReadFile(filepath.Join(b.folder, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		found = append(found, content)
	}
	return found, nil
}

func (b bundle) record(position, size int64) []byte {
	tile := tlog.Tile{H: height, L: 0, N: position >> height, W: 1 << height}
	if size-tile.N<<height < 1<<height {
		tile.W = int(size - tile.N<<height)
	}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	content, err := os.ReadFile(filepath.Join(b.folder, path))
	try(err)
	for skip := position & (1<<height - 1); skip > 0; skip-- {
		content = content[2+binary.BigEndian.Uint16(content):]
	}
	return content[2 : 2+binary.BigEndian.Uint16(content)]
}

func (b bundle) checkpoint(path string, verifiers note.Verifiers) tlog.Tree {
	text, err := os.ReadFile(filepath.Join(b.folder, path))
	try(err)
	opened, err := note.Open(text, verifiers)
	try(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	try(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	try(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	try(err)
	b, verifiers := bundle{os.Args[2]}, note.VerifierList(verifier)
	position, err := strconv.ParseInt(os.Args[3], 10, 64)
	try(err)
	tree, older := b.checkpoint("checkpoint", verifiers), b.checkpoint("checkpoints/"+os.Args[4], verifiers)
	hashes := tlog.TileHashReader(tree, b)
	included, err := tlog.ProveRecord(tree.N, position, hashes)
	try(err)
	try(tlog.CheckRecord(included, tree.N, tree.Hash, position, tlog.RecordHash(b.record(position, tree.N))))
	extended, err := tlog.ProveTree(tree.N, older.N, hashes)
	try(err)
	try(tlog.CheckTree(extended, tree.N, tree.Hash, older.N, older.Hash))
	fmt.Println("accepted")
}

func try(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}
