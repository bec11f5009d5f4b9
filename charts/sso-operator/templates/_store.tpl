{{/* Where the IdP keeps data: what the values name, else the Valkey of this chart. */}}

{{- define "sso.valkey.address" -}}
redis://sso-valkey.{{ .Values.idp.namespace }}.svc:6379
{{- end }}

{{- define "sso.store.address" -}}
{{- if .Values.store.address -}}
{{ .Values.store.address }}
{{- else if .Values.valkey.enabled -}}
{{ include "sso.valkey.address" . }}
{{- else -}}
{{ fail "store.address: name a store for sessions, or set valkey.enabled=true (store.address=memory serves a single replica)" }}
{{- end -}}
{{- end }}

{{- define "sso.durableStore.address" -}}
{{- if .Values.durableStore.address -}}
{{ .Values.durableStore.address }}
{{- else if and .Values.valkey.enabled .Values.valkey.persistence.enabled -}}
{{ include "sso.valkey.address" . }}
{{- end -}}
{{- end }}

{{/* The Secrets of a store as files: JSON list of {variable, file, secret, key}. Empty address: those of the chart's Valkey. */}}
{{- define "sso.store.files" -}}
{{- $files := list -}}
{{- $settings := .settings -}}
{{- if not $settings.address -}}
{{- $files = append $files (dict "variable" (printf "%s_PASSWORD_FILE" .variable) "file" "password" "secret" "sso-valkey" "key" "password") -}}
{{- else -}}
{{- range $value, $variable := dict "passwordSecret" "PASSWORD_FILE" "sentinelPasswordSecret" "SENTINEL_PASSWORD_FILE" "caSecret" "CA_FILE" -}}
{{- $secret := get $settings $value -}}
{{- if $secret.name -}}
{{- $files = append $files (dict "variable" (printf "%s_%s" $.variable $variable) "file" $value "secret" $secret.name "key" $secret.key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toJson $files }}
{{- end }}

{{- define "sso.store.env" -}}
- name: {{ .variable }}
  value: {{ .address | quote }}
{{- range include "sso.store.files" . | fromJsonArray }}
- name: {{ .variable }}
  value: /etc/sso/{{ $.volume }}/{{ .file }}
{{- end }}
{{- end }}

{{- define "sso.store.mount" -}}
{{- if include "sso.store.files" . | fromJsonArray }}
- name: {{ .volume }}
  mountPath: /etc/sso/{{ .volume }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "sso.store.volume" -}}
{{- with include "sso.store.files" . | fromJsonArray }}
- name: {{ $.volume }}
  projected:
    sources:
    {{- range . }}
    - secret:
        name: {{ .secret }}
        items:
        - key: {{ .key | quote }}
          path: {{ .file }}
    {{- end }}
{{- end }}
{{- end }}
