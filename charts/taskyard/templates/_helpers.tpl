{{- /* The first part of all names. Cut to 50, so that a name with its ending fits a label (63). */ -}}
{{- define "taskyard.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) }}{{ $name = printf "%s-%s" $name .Chart.Name }}{{ end -}}
{{- default $name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- /* By these labels a Deployment and a Service find pods; they can never change. Takes root, component. */ -}}
{{- define "taskyard.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* The labels of every object. managed-by is Helm and never taskyard: by that value the controller
       takes Jobs and Pods for its own. Takes root and component. */ -}}
{{- define "taskyard.labels" -}}
{{ include "taskyard.selector" . }}
app.kubernetes.io/part-of: taskyard
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "taskyard.gatewayNamespace" -}}
{{- default .Release.Namespace .Values.gateway.namespace -}}
{{- end }}

{{- /* Cluster-wide names start with the namespace: releases of one name in two namespaces do not meet. */ -}}
{{- define "taskyard.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "taskyard.fullname" .) -}}
{{- end }}

{{- /* The Lease by which the controllers of this release agree on which of them works. */ -}}
{{- define "taskyard.leaseName" -}}
{{- include "taskyard.fullname" . }}-controller
{{- end }}
