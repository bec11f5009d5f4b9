{{/*
Names are fixed: two installations in one cluster would fight over the same resources, and a second one is refused by
Helm, since the cluster-wide objects have an owner already.
*/}}

{{- define "sso.labels" -}}
{{ include "sso.selector" . }}
app.kubernetes.io/part-of: sso-operator
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Of pods. Without the version of the chart, so that a chart that changes nothing of theirs restarts nothing. */}}
{{- define "sso.pod.labels" -}}
{{- $ours := dict "app.kubernetes.io/part-of" "sso-operator" -}}
{{- toYaml (merge (fromYaml .selector) $ours .pods.podLabels) -}}
{{- end }}

{{- define "sso.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "sso.operator.labels" -}}
{{ include "sso.labels" (dict "root" . "name" "sso-operator" "component" "operator") }}
{{- end }}
{{- define "sso.operator.selector" -}}
{{ include "sso.selector" (dict "root" . "name" "sso-operator" "component" "operator") }}
{{- end }}

{{- define "sso.idp.labels" -}}
{{ include "sso.labels" (dict "root" . "name" "sso-idp" "component" "identity-provider") }}
{{- end }}
{{- define "sso.idp.selector" -}}
{{ include "sso.selector" (dict "root" . "name" "sso-idp" "component" "identity-provider") }}
{{- end }}
