#!/bin/sh
# Submits a job to Kubernetes; from the repository's root:
#   kubectl apply -f docker/kubernetes/access.yaml
#   sh docker/kubernetes/submit.sh https://HOST:6443 REGISTRY/zip-pipeline:0.2.0 --input /lake/pool.parquet ...
#   JOB=law sh docker/kubernetes/submit.sh https://HOST:6443 IMAGE fit --input /lake/models.csv --output /lake/law
# JOB is a file of jobs/, select by default. Paths are those inside the pods, that of --config, too: below /lake, or
# /opt/zip-pipeline/conf/select.paper.yaml and what else conf/ has.
# The image is that of docker/Dockerfile, pushed to where the cluster pulls from. The driver holds the selection in
# memory and runs the rule on its own cores; the executors are gone while it does (conf/spark-defaults.conf).
set -eu

master=$1
image=$2
shift 2

exec spark-submit \
    --master "k8s://$master" \
    --deploy-mode cluster \
    --name zip-pipeline \
    --properties-file conf/spark-defaults.conf \
    --driver-memory 4g \
    --conf spark.driver.cores=4 \
    --conf spark.executor.cores=2 \
    --conf spark.executor.memory=4g \
    --conf spark.dynamicAllocation.maxExecutors=8 \
    --conf spark.kubernetes.namespace=zip-pipeline \
    --conf spark.kubernetes.authenticate.driver.serviceAccountName=zip-pipeline-driver \
    --conf spark.kubernetes.container.image="$image" \
    --conf spark.kubernetes.driver.podTemplateFile=docker/kubernetes/pod.yaml \
    --conf spark.kubernetes.executor.podTemplateFile=docker/kubernetes/pod.yaml \
    "local:///opt/zip-pipeline/jobs/${JOB:-select}.py" "$@"
