//go:build tools

// Package tools keeps the Helm command in go.mod: nothing here is compiled.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
