{{- /*
What the pods of controller and gateway have in common; it passes the Pod Security standard "restricted".
Takes root, component, values (those of the component), port (name and number), container (what its container adds: probes),
env (environment variables that it has beside those of its values; none if absent).
*/ -}}
{{- define "taskyard.podTemplate" -}}
metadata:
  annotations:
    checksum/config: {{ include "taskyard.config" .root | sha256sum }}
    {{- with .root.Values.metrics }}
    {{- if and .annotations .port }}
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ .port | quote }}
    prometheus.io/path: /metrics
    {{- end }}
    {{- end }}
    {{- with .values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "taskyard.labels" . | nindent 4 }}
    {{- with .values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "taskyard.fullname" .root }}-{{ .component }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    {{- with .root.Values.runAsUser }}
    runAsUser: {{ int64 . }}
    runAsGroup: {{ int64 . }}
    {{- end }}
    seccompProfile:
      type: RuntimeDefault
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- range $field := list "priorityClassName" "nodeSelector" "tolerations" "affinity" }}
  {{- with get $.values $field }}
  {{- dict $field . | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
  containers:
    - name: {{ .component }}
      {{- with .root.Values.image }}
      image: "{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.root.Chart.AppVersion }}{{ end }}"
      imagePullPolicy: {{ .pullPolicy }}
      {{- end }}
      args: [{{ .component }}, --config, /etc/taskyard/config.yaml]
      {{- with .root.Values.storage.credentialsSecret }}
      envFrom:
        - secretRef:
            name: {{ . }}
      {{- end }}
      {{- with concat (.env | default list) .values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: {{ .port.name }}
          containerPort: {{ .port.number }}
        {{- with .root.Values.metrics.port }}
        - name: metrics
          containerPort: {{ . }}
        {{- end }}
      {{- .container | nindent 6 }}
      {{- with .values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
        readOnlyRootFilesystem: true
      # The last lines of the log, where the program says in one sentence why it cannot start.
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts:
        - name: config
          mountPath: /etc/taskyard
          readOnly: true
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: config
      configMap:
        name: {{ include "taskyard.fullname" .root }}
    - name: tmp
      emptyDir:
        sizeLimit: {{ .values.tmpSize }}
{{- end }}
