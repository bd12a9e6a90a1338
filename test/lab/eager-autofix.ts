/** sh: galera-autofix's own knobs, so that it strikes within seconds of its start, also after a reboot. */
export const eagerAutofix = `folder=/etc/systemd/system/packetfence-galera-autofix.service.d; mkdir -p $folder
printf '%s\\n' '[Service]' EnvironmentFile= \\
  'Environment=GALERA_AUTOFIX_START_WAIT=1s GALERA_AUTOFIX_CONNECT_DB_TRIES=2 GALERA_AUTOFIX_CONNECT_DB_TRIES_INTERVAL=1s' \\
  'Environment=GALERA_AUTOFIX_DB_AVAILABLE_DETECTION_COOLDOWN=1s GALERA_AUTOFIX_DECISION_LOOP_INTERVAL=2s' >$folder/eager.conf
systemctl daemon-reload`;
