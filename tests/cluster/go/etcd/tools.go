//go:build tools

// Package tools keeps the etcd server in go.mod: nothing here is compiled.
package tools

import _ "go.etcd.io/etcd/server/v3"
