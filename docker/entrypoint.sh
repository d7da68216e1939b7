#!/bin/sh
# Starts a part of Spark in a container.
#   master              a standalone master
#   worker MASTER       a standalone worker of the master at this address
#   driver, executor    what Spark starts as pods on Kubernetes, with what it tells them in the environment
#   COMMAND ...         anything else, such as spark-submit
set -eu

part=$1
shift

case $part in
    master)
        set -- spark-class org.apache.spark.deploy.master.Master --host "$(hostname)" --port 7077 --webui-port 8080 "$@"
        ;;
    worker)
        set -- spark-class org.apache.spark.deploy.worker.Worker --work-dir /tmp/spark-work --webui-port 8081 "$@"
        ;;
    driver)
        set -- spark-submit --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" --deploy-mode client "$@"
        ;;
    executor)
        # Options come one a variable: SPARK_JAVA_OPT_0, SPARK_JAVA_OPT_1, ...
        number=0
        options=
        while eval "option=\${SPARK_JAVA_OPT_$number-}" && [ -n "$option" ]; do
            options="$options
$option"
            number=$((number + 1))
        done
        set -f
        IFS='
'
        # shellcheck disable=SC2086  # a line an option
        set -- "$JAVA_HOME/bin/java" $options "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
            -cp "${SPARK_CONF_DIR:-$SPARK_HOME/conf}:${SPARK_CLASSPATH-}:$SPARK_HOME/jars/*:${SPARK_EXTRA_CLASSPATH-}" \
            org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
            --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
            --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
            --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" --podName "$SPARK_EXECUTOR_POD_NAME"
        ;;
    *)
        set -- "$part" "$@"
        ;;
esac
exec "$@"
