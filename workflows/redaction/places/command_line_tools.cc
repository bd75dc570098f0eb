// One table.
#include "workflows/redaction/places/command_line_tools.h"

namespace pawl::redaction {

namespace {

constexpr CommandLineTool kTools[] = {
    // databases
    {"mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlslap mysqlbinlog mysqlsh mysqlpump mycli", "",
     "-p*"},
    {"mariadb mariadb-dump mariadb-admin mariadb-import mariadb-check mariadb-backup mariabackup xtrabackup", "",
     "-p*"},
    {"mysqladmin mariadb-admin", "password", {}, 1},
    {"mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles", "", "-p"},
    {"cqlsh snowsql influx hdbsql beeline sqlline hive nzsql presto rabbitmqadmin arangosh iredis", "", "-p"},
    {"sqlcmd bcp osql isql tsql sqsh dbaccess", "", "-P"},
    {"nodetool nzload nzsql", "", "-pw"},
    {"isql isql-fb gsec gbak gfix nbackup gstat fbsvcmgr", "", "-pas -pass -pw"},
    {"redis-cli redis-benchmark valkey-cli keydb-cli", "", "-a"},
    {"vsql", "", "-w"},
    {"etcdctl", "add passwd", {}, 2},
    // messages and mail
    {"mosquitto_pub mosquitto_sub mosquitto_rr", "", "-P"},
    {"mosquitto_passwd htpasswd", "-b -cb -bc -bB -Bb -cbB -bcB", {}, 3},
    {"htpasswd", "-nb -bn -nbB -nbm -nbs", {}, 2},
    {"rabbitmqctl", "add_user change_password authenticate_user", {}, 2},
    {"ejabberdctl prosodyctl", "register change_password check_password", {}, 3},
    {"sendEmail sendemail swaks ssmtp sipp", "", "-xp -ap --ap"},
    {"sipsak", "", "-a"},
    {"doveadm", "test", {}, 2},
    {"doveadm", "pw", "-p"},
    {"saslpasswd2 saslauthd testsaslauthd", "", "-p"},
    // directories, Kerberos, RADIUS
    {"ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami ldapcompare ldapmodrdn ldapexop", "", "-w"},
    {"ldappasswd", "", "-w -s -a"},
    {"kadmin kadmin.local addprinc add_principal cpw change_password ank", "", "-w -pw"},
    {"ktpass ktutil", "", "/pass -pass"},
    {"dsadd dsmod dsquery adfind csvde ldifde", "", "-pwd -up -p"},
    {"samba-tool", "create add setpassword", {}, 2},
    {"radtest", "", {}, 2},
    {"radclient", "auth acct status coa disconnect", {}, 1},
    {"ntlm_auth wbinfo", "", "-p"},
    // hosts and users
    {"sshpass psexec psexec64 paexec evil-winrm crackmapexec nxc netexec smbmap winrs rdesktop vncviewer smbget", "",
     "-p"},
    {"plink pscp psftp putty winscp", "", "-pw"},
    {"xfreerdp wlfreerdp sfreerdp freerdp xfreerdp3 mstsc rdp", "", "/p /gp"},
    {"useradd usermod smbpasswd", "", "-p"},
    {"net net1", "user", {}, 2},
    {"rasdial", "", {}, 3},
    {"schtasks at", "", "/rp /p"},
    {"sc runas wmic cmdkey winrs systeminfo tasklist taskkill driverquery", "", "/p /pass /pw /pwd"},
    {"ipmitool racadm ipmicfg ilorest hponcfg", "", "-P -p"},
    {"wpa_passphrase", "", {}, 2},
    {"snmpwalk snmpget snmpset snmpgetnext snmpbulkwalk snmpbulkget snmptable snmpdf snmptrap snmpinform snmpstatus "
     "trapsess",
     "", "-c -A -X"},
    {"onesixtyone snmp-check snmpcheck check_snmp check_ifstatus", "", "-c -C"},
    {"security", "unlock-keychain add-generic-password add-internet-password import create-keychain", "-p -w -P"},
    {"altool notarytool xcrun", "", "-p"},
    {"ssh-keygen", "", "-N -P"},
    {"iscsiadm", "node.session.auth.password node.session.auth.password_in", "-v"},
    {"slmgr slmgr.vbs", "", "/ipk"},
    {"ncftp ncftpget ncftpput ncftpls", "", "-p"},
    // files
    {"7z 7za 7zr 7zz rar unrar", "", "-p* -hp*"},
    {"zip unzip zipcloak zipinfo", "", "-P"},
    {"pdftotext pdftoppm pdfinfo pdfimages pdftocairo pdftohtml pdftops pdffonts", "", "-upw -opw"},
    {"certutil", "", "-p"},
    {"signtool", "", "/p"},
    {"openssl", "", "-k -K"},
    {"rclone", "obscure", {}, 1},
    {"mc", "set add", {}, 4},
    // clouds, registries, secret stores
    {"docker podman nerdctl helm oras az oc buildah crane", "login", "-p"},
    {"cf", "login auth", "-p"},
    {"cf", "auth", {}, 2},
    {"vault", "login", {}, 1},
    {"aws", "put-parameter put-secret-value create-secret", "--value --secret-string"},
    {"az", "secret", "--value"},
    {"gh", "secret", "--body -b"},
    {"pulumi", "--secret", {}, 2},
    {"dotnet", "user-secrets", {}, 3},
    {"composer", "http-basic.*", {}, 2},
    {"composer", "bearer.* github-oauth.* gitlab-token.* gitlab-oauth.*", {}, 1},
    {"nuget cargo", "setapikey SetApiKey login", {}, 1},
    {"twine", "", "-p"},
    {"ngrok", "authtoken add-authtoken", {}, 1},
    {"vercel netlify doctl flyctl", "", "-t"},
    {"ansible-vault", "encrypt_string", {}, 1},
};

}  // namespace

std::span<const CommandLineTool> command_line_tools() { return kTools; }

}  // namespace pawl::redaction
