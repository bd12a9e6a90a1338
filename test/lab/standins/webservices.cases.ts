import type { Table } from './case.js';

const call = (where: string, login: string, method: string, params = '[]'): string =>
  `curl -sk ${login} -H 'Request: ${method}' -H 'Content-Type: application/json-rpc' -w '%{http_code}' \\
     -d '{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}' "https://${where}:9090/"`;

const OWN = '$(ip_of "$HOST")';
const LOGIN = '-u "$API_USER:$API_PASSWORD"';

export const webservices: Table = {
  program: 'httpd.webservices',
  cases: [
    {
      title: 'refuses without a password, from the node itself too, with an HTML page (C11)',
      run: call('127.0.0.1', '', 'get_config_version'),
      code: 0,
      stdout: [/<html>[\s\S]*401 Unauthorized[\s\S]*401$/i],
    },
    {
      title: 'refuses a wrong password (2.6)',
      run: call(OWN, '-u "$API_USER:wrong"', 'get_config_version'),
      code: 0,
      stdout: [/401$/],
    },
    {
      title: 'tells the version (2.6)',
      given: 'echo -n 1234567890 >$PF/var/conf/config_version',
      run: call(OWN, LOGIN, 'get_config_version'),
      code: 0,
      stdout: [/"result": ?\[\{"version": ?"?1234567890"?\}\][\s\S]*200$/],
    },
    {
      title: 'tells what a file holds (2.6)',
      run: call(OWN, LOGIN, 'download_configfile', '["conf_file","/usr/local/pf/conf/pf-release"]'),
      code: 0,
      stdout: [/"result": ?\["PacketFence 14\.0\.\d\\n"\]/],
    },
    {
      title: 'has no such file (1.3)',
      run: call(OWN, LOGIN, 'download_configfile', '["conf_file","/usr/local/pf/conf/nothing"]'),
      code: 0,
      stdout: [/Config file \/usr\/local\/pf\/conf\/nothing doesn't exist at \S+api\.pm line 732\./],
    },
    {
      title: 'keeps the password that it was started with (2.6)',
      given: `keep $PF/conf/pf.conf; sed -i '/^\\[webservices\\]/,/^\\[/s/^pass=.*/pass=another/' $PF/conf/pf.conf; pfcmd configreload`,
      run: call(OWN, LOGIN, 'get_config_version'),
      code: 0,
      stdout: [/200$/],
      after: 'put_back $PF/conf/pf.conf; pfcmd configreload',
    },
  ],
};
