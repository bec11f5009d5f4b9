{{/* What the schema cannot say: values that contradict each other. Each says what to change. */}}

{{- define "sso.checks" -}}
{{- if eq .Values.idp.namespace .Release.Namespace }}
{{- fail (printf "idp.namespace: %s is the namespace of the release; the IdP can read every Secret of its namespace, so it needs one of its own" .Release.Namespace) }}
{{- end }}
{{- $replicas := ternary (int .Values.idp.autoscaling.maxReplicas) (int .Values.idp.replicas) .Values.idp.autoscaling.enabled }}
{{- if and (eq .Values.store.address "memory") (gt $replicas 1) }}
{{- fail "store.address: memory serves a single replica; set idp.replicas=1 and idp.autoscaling.enabled=false, or name a shared store" }}
{{- end }}
{{- if eq .Values.durableStore.address "memory" }}
{{- fail "durableStore.address: memory forgets; leave it empty, or name servers that keep their data" }}
{{- end }}
{{- if and .Values.idp.autoscaling.enabled (gt (int .Values.idp.autoscaling.minReplicas) (int .Values.idp.autoscaling.maxReplicas)) }}
{{- fail "idp.autoscaling: minReplicas is above maxReplicas" }}
{{- end }}
{{- if and .Values.idp.service.externalTrafficPolicy (eq .Values.idp.service.type "ClusterIP") }}
{{- fail "idp.service.externalTrafficPolicy: only for the types NodePort and LoadBalancer" }}
{{- end }}
{{- if and .Values.idp.service.loadBalancerClass (ne .Values.idp.service.type "LoadBalancer") }}
{{- fail "idp.service.loadBalancerClass: only for the type LoadBalancer" }}
{{- end }}
{{- end }}
