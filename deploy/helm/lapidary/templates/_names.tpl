{{- define "lapidary.labels" -}}
app.kubernetes.io/name: lapidary
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
