"""A DAG for Airflow 3: choose from the rows of a day, check the choice, publish it. Commands and exit codes decide.

Airflow and this package may live in different environments: `zip-pipeline` only has to be on the PATH of the worker.
Copy the file into the folder of the DAGs, and set the variables below in the worker's environment.

    ZIP_LAKE     the folder or bucket that holds pool/DAY; selected/, checked/, published/ and history are made there
    ZIP_BUDGET   how much to choose a day
"""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

LAKE, BUDGET = os.environ.get("ZIP_LAKE", "/lake"), os.environ.get("ZIP_BUDGET", "200MB")
AT_RISK = 3

with DAG(
    "choose_training_records",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5)},
) as dag:
    select = BashOperator(
        task_id="select",
        bash_command=f"zip-pipeline select --input {LAKE}/pool/{{{{ ds }}}} --output {LAKE}/selected/{{{{ ds }}}} "
        f"--budget '{BUDGET}' --set history.path={LAKE}/history --set history.name=daily "
        "--set output.mode=overwrite",  # a retry replaces what an earlier try has finished
    )
    check = BashOperator(
        task_id="check",
        bash_command=f"zip-pipeline law check --history {LAKE}/history --output {LAKE}/checked/{{{{ ds }}}} "
        "--fail-on-risk --set output.mode=overwrite",
        skip_on_exit_code=AT_RISK,  # skipped, and so is what comes after it: a set at risk is not published
    )
    publish = BashOperator(
        task_id="publish",
        bash_command=f"zip-pipeline export --selection {LAKE}/selected/{{{{ ds }}}} "
        f"--output {LAKE}/published/{{{{ ds }}}}.jsonl --set output.mode=overwrite",
    )
    select >> check >> publish
