{{- define "confer.name" -}}
{{- .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "confer.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "confer.selector" -}}
app.kubernetes.io/name: {{ include "confer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "confer.labels" -}}
{{ include "confer.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Says what is missing before a server does that refuses to start. */}}
{{- define "confer.requireDoor" -}}
{{- if not .Values.insecure -}}
{{- if not .Values.auth.existingSecret -}}
{{- fail "nobody would be authenticated: name a secret with a token in auth.existingSecret, or set insecure=true if the network is yours alone" -}}
{{- end -}}
{{- if not (or .Values.tls.existingSecret .Values.trustedProxies) -}}
{{- fail "everybody on the way could read and change what passes: name a secret with a certificate in tls.existingSecret, or the networks of the proxy that has TLS in trustedProxies, or set insecure=true if the network is yours alone" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.engine "etcd") (not .Values.etcd.urls) -}}
{{- fail "gateways need the addresses of etcd in etcd.urls" -}}
{{- end -}}
{{- end -}}

{{/* The settings of the server: those of "settings", and what the chart knows. */}}
{{- define "confer.settings" -}}
{{- $host := include "confer.fullname" . -}}
{{- $names := list $host (printf "%s.%s" $host .Release.Namespace) (printf "%s.%s.svc" $host .Release.Namespace) (printf "%s.%s.svc.cluster.local" $host .Release.Namespace) -}}
{{- $own := dict "listen" "0.0.0.0:7480" "engine" .Values.engine -}}
{{- $_ := set $own "public-host" (concat $names .Values.publicHosts) -}}
{{- $_ := set $own "drain" (dict "delay" .Values.drain.delay "timeout" .Values.drain.timeout) -}}
{{- if .Values.insecure -}}{{- $_ := set $own "insecure" true -}}{{- end -}}
{{- if .Values.trustedProxies -}}{{- $_ := set $own "trusted-proxy" .Values.trustedProxies -}}{{- end -}}
{{- if .Values.auth.existingSecret -}}
{{- $_ := set $own "auth" (dict "mode" "on" "bootstrap-token-file" (printf "/etc/confer/auth/%s" .Values.auth.key)) -}}
{{- end -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $own "tls" (dict "cert" "/etc/confer/tls/tls.crt" "key" "/etc/confer/tls/tls.key") -}}
{{- end -}}
{{- if eq .Values.engine "etcd" -}}
{{- $etcd := dict "urls" .Values.etcd.urls "prefix" .Values.etcd.prefix -}}
{{- if .Values.etcd.hasCa -}}{{- $_ := set $etcd "ca" "/etc/confer/etcd/ca.crt" -}}{{- end -}}
{{- if .Values.etcd.hasCertificate -}}
{{- $_ := set $etcd "cert" "/etc/confer/etcd/tls.crt" -}}
{{- $_ := set $etcd "key" "/etc/confer/etcd/tls.key" -}}
{{- end -}}
{{- if .Values.etcd.user -}}
{{- $_ := set $etcd "user" .Values.etcd.user -}}
{{- $_ := set $etcd "password-file" "/etc/confer/etcd/password" -}}
{{- end -}}
{{- $_ := set $own "etcd" $etcd -}}
{{- else -}}
{{- $_ := set $own "data" "/data" -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.settings) $own) -}}
{{- end -}}

{{- define "confer.scheme" -}}
{{- if .Values.tls.existingSecret -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{/* Of the one server and of each gateway. */}}
{{- define "confer.pod" -}}
metadata:
  labels:
    {{- include "confer.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Another configuration is another server.
    checksum/settings: {{ include "confer.settings" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "confer.fullname" . }}
  # It asks nothing of Kubernetes.
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: confer
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/confer/settings/confer.yaml]
      ports:
        - name: http
          containerPort: 7480
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      # A gateway waits for etcd, and a large store is looked through: ten minutes.
      startupProbe:
        httpGet:
          path: /livez
          port: http
          scheme: {{ include "confer.scheme" . | upper }}
        periodSeconds: 5
        failureThreshold: 120
      livenessProbe:
        httpGet:
          path: /livez
          port: http
          scheme: {{ include "confer.scheme" . | upper }}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet:
          path: /readyz
          port: http
          scheme: {{ include "confer.scheme" . | upper }}
        # It is known within drain.delay that it stops.
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 1
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: settings
          mountPath: /etc/confer/settings
          readOnly: true
        {{- if eq .Values.engine "lmdb" }}
        - name: data
          mountPath: /data
        {{- end }}
        {{- if .Values.auth.existingSecret }}
        - name: auth
          mountPath: /etc/confer/auth
          readOnly: true
        {{- end }}
        {{- if .Values.tls.existingSecret }}
        - name: tls
          mountPath: /etc/confer/tls
          readOnly: true
        {{- end }}
        {{- if .Values.etcd.existingSecret }}
        - name: etcd
          mountPath: /etc/confer/etcd
          readOnly: true
        {{- end }}
  volumes:
    - name: settings
      configMap:
        name: {{ include "confer.fullname" . }}
    # Secrets are root's and for the group of the server.
    {{- if .Values.auth.existingSecret }}
    - name: auth
      secret:
        secretName: {{ .Values.auth.existingSecret }}
        defaultMode: 0440
    {{- end }}
    {{- if .Values.tls.existingSecret }}
    - name: tls
      secret:
        secretName: {{ .Values.tls.existingSecret }}
        defaultMode: 0440
    {{- end }}
    {{- if .Values.etcd.existingSecret }}
    - name: etcd
      secret:
        secretName: {{ .Values.etcd.existingSecret }}
        defaultMode: 0440
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.affinity }}
  affinity:
    {{- toYaml .Values.affinity | nindent 4 }}
  {{- else if eq .Values.engine "etcd" }}
  # Not all gateways on one machine, where there are several.
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels:
                {{- include "confer.selector" . | nindent 16 }}
  {{- end }}
{{- end -}}
