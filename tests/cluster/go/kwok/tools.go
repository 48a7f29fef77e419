//go:build tools

// Package tools keeps KWOK's command in go.mod: nothing here is compiled.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
