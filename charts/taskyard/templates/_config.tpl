{{- /* The settings file: operator/taskyard_operator/settings.py says what may be in it. */ -}}
{{- define "taskyard.config" -}}
{{- $storage := pick .Values.storage "url" "region" "pathStyle" "timeoutSeconds" "urlSeconds" -}}
{{- with .Values.storage.endpoint }}{{ $_ := set $storage "endpoint" . }}{{ end -}}
{{- $controller := pick .Values.controller "namespaces" "maxConcurrentPerNamespace" "workers" "resyncSeconds" "liveness" "progressSeconds" "progressReadsPerSecond" "gpuTypeLabel" "logTailBytes" "maxResultBytes" "maxLogBytes" "maxOutputsBytes" "jobTtlSeconds" -}}
{{- $_ := set $controller "probePort" 8080 -}}
{{- $election := pick .Values.controller.leaderElection "enabled" "leaseSeconds" "renewSeconds" -}}
{{- $_ := set $election "leaseName" (include "taskyard.leaseName" .) -}}
{{- $_ := set $controller "leaderElection" $election -}}
{{- $gateway := pick .Values.gateway "maxInputBytes" "maxUploads" "maxJsonBytes" "maxPictureBytes" "maxPicturePixels" "maxJsonDepth" "maxParts" "maxPartHeaders" "maxPartHeaderBytes" "maxHeadBytes" "headSeconds" "bodySilenceSeconds" "minBodyBytesPerSecond" "answerSilenceSeconds" "keepAliveSeconds" "callSeconds" "maxWaitSeconds" "idempotencySeconds" "pageTasks" "maxPageTasks" "maxWaitedTasks" "maxCancelledTasks" "maxStreams" "streamPollSeconds" "heartbeatSeconds" "maxTailBytes" -}}
{{- $_ := set $gateway "namespace" (include "taskyard.gatewayNamespace" .) -}}
{{- $_ := set $gateway "port" 3000 -}}
{{- with .Values.gateway.rootService }}{{ $_ := set $gateway "rootService" . }}{{ end -}}
{{- $metrics := pick .Values.metrics "port" "maxLabelSets" -}}
{{- $webhooks := omit .Values.webhooks "secretName" "secretKey" -}}
{{- $_ := set $webhooks "enabled" (ne .Values.webhooks.secretName "") -}}
{{- dict "logLevel" .Values.logLevel "storage" $storage "retention" .Values.retention "metrics" $metrics "webhooks" $webhooks "controller" $controller "gateway" $gateway | toYaml -}}
{{- end }}
