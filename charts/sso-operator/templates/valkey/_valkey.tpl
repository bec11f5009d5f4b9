{{- define "sso.valkey.labels" -}}
{{ include "sso.labels" (dict "root" . "name" "sso-valkey" "component" "store") }}
{{- end }}
{{- define "sso.valkey.selector" -}}
{{ include "sso.selector" (dict "root" . "name" "sso-valkey" "component" "store") }}
{{- end }}

{{- define "sso.valkey.config" -}}
bind * -::*
port 6379
dir /data
# A write that was answered is lost by a second of power failure at most, by a restart never.
appendonly yes
appendfsync everysec
save ""
# Full means that new sign-ins are refused, never that somebody's session is thrown out.
maxmemory {{ .Values.valkey.maxMemory }}
maxmemory-policy noeviction
tcp-keepalive 60
{{- end }}
